//go:build unix

package netio

import (
	"net"
	"syscall"
)

// Pending reports whether a socket has input that nobody has read yet; its end is none. raw may be
// nil. It never waits.
func Pending(raw syscall.RawConn) (pending bool) {
	if raw == nil {
		return false
	}
	_, pending = quiet(raw)
	return pending
}

// quiet reports whether a socket is open and has no input, or else whether it has some. It never
// waits.
func quiet(raw syscall.RawConn) (open, pending bool) {
	raw.Control(func(fd uintptr) {
		var first [1]byte
		n, _, err := syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		for err == syscall.EINTR {
			n, _, err = syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		}
		open, pending = err == syscall.EAGAIN, n > 0
	})
	return open, pending
}

// lookable finds what quiet can look at; nil: nothing.
func lookable(c net.Conn) syscall.RawConn { return Descriptor(c) }
