//go:build !race && !386 && !s390x

package rawio

import (
	"syscall"
	"unsafe"
)

// Peek is recv(2) with MSG_PEEK on a socket, and never waits: what it gives is still there to be
// read.
func Peek(fd int, p []byte) (n int, err error) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
		if e != syscall.EINTR {
			return result(n, e)
		}
	}
}
