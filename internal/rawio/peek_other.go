//go:build unix && (!linux || race || 386 || s390x)

// Linux on 386 and s390x has no system call of that name of its own.

package rawio

import "syscall"

// Peek is recv(2) with MSG_PEEK on a socket, and never waits: what it gives is still there to be
// read.
func Peek(fd int, p []byte) (n int, err error) {
	for {
		n, _, err = syscall.Recvfrom(fd, p, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if err != syscall.EINTR {
			break
		}
	}
	if n > 0 {
		syscall.Read(fd, nil) // the race detector knows no other call that receives
	}
	return n, err
}
