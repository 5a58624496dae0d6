//go:build unix

package netio

import (
	"net"
	"syscall"
)

// Pending reports whether a socket has unread input. The end of the input is none. raw may be nil.
// Pending never blocks.
func Pending(raw syscall.RawConn) (pending bool) {
	if raw == nil {
		return false
	}
	_, pending = probe(raw)
	return pending
}

// probe reports whether a socket is open and has no input, or else whether it has some. It never
// blocks.
func probe(raw syscall.RawConn) (open, pending bool) {
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

// probeDescriptor returns the descriptor of c for probe. nil: it has none, or is a wrapper, as TLS
// is: what comes on the socket then need not be input.
func probeDescriptor(c net.Conn) syscall.RawConn {
	if _, wrapped := Transport(c); wrapped {
		return nil
	}
	return Descriptor(c)
}
