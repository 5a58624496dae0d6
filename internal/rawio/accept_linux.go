//go:build !386 && !s390x

package rawio

import (
	"syscall"
	"unsafe"
)

// Accept is accept4(2) on a listening socket that does not block. The connection does not block
// either, and is closed on exec. peer is where its address goes, of size bytes.
func Accept(fd int, peer *syscall.RawSockaddrAny) (conn int, size uint32, err error) {
	for {
		size = uint32(unsafe.Sizeof(*peer))
		n, _, e := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(peer)), uintptr(unsafe.Pointer(&size)),
			syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
		switch e {
		case syscall.EINTR:
		case 0:
			return int(n), size, nil
		default:
			return -1, 0, e
		}
	}
}

// Getsockname is getsockname(2).
func Getsockname(fd int, local *syscall.RawSockaddrAny) error {
	size := uint32(unsafe.Sizeof(*local))
	_, _, e := syscall.RawSyscall(syscall.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(local)), uintptr(unsafe.Pointer(&size)))
	if e != 0 {
		return e
	}
	return nil
}
