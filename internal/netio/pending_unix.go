//go:build unix

package netio

import "syscall"

// Pending reports whether a socket has input that nobody has read yet; its end is none. raw may be nil. It never waits.
func Pending(raw syscall.RawConn) (pending bool) {
	if raw == nil {
		return false
	}
	raw.Control(func(fd uintptr) {
		var first [1]byte
		n, _, err := syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		for err == syscall.EINTR {
			n, _, err = syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		}
		pending = n > 0
	})
	return pending
}
