package rawio

import (
	"syscall"
	"unsafe"
)

// Unsent returns how many bytes a TCP socket has been given that its peer has not acknowledged. It
// is 0 where that cannot be told.
func Unsent(fd int) int {
	var n int32
	if _, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n))); e != 0 {
		return 0
	}
	return int(n)
}

// IsClosed reports whether a TCP socket is in the state CLOSED: neither side can say any more. It
// is false where that cannot be told.
func IsClosed(fd int) bool {
	const tcpClose = 7
	// the first bytes of struct tcp_info, of which the very first is the state
	info, err := syscall.GetsockoptInet4Addr(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
	return err == nil && info[0] == tcpClose
}
