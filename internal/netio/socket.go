package netio

import (
	"net"
	"syscall"

	"github.com/postern-gateway/postern/internal/rawio"
)

// PlainListener returns the listener that l wraps and whose Accept l has, which l says by a method
// of that name. It is l if there is none.
func PlainListener(l net.Listener) net.Listener {
	for {
		w, ok := l.(interface{ PlainListener() net.Listener })
		if !ok {
			return l
		}
		l = w.PlainListener()
	}
}

// Descriptor returns the descriptor of the socket that c is or wraps. It is for watching alone: a
// wrapper may read and write other bytes than its socket. nil: c does not show one.
func Descriptor(c net.Conn) syscall.RawConn {
	for range 8 { // a wrapper may wrap a wrapper, or return itself
		if s, ok := c.(syscall.Conn); ok {
			raw, err := s.SyscallConn()
			if err == nil {
				return raw
			}
		}
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = w.NetConn()
	}
	return nil
}

// Socket returns the descriptor of a TCP or Unix connection, which may be read and written without
// the connection's methods. It is nil for a connection that wraps one, whose Read and Write must be
// used.
func Socket(c net.Conn) (raw syscall.RawConn) {
	if !rawio.Available {
		return nil
	}
	switch c := c.(type) {
	case *net.TCPConn:
		raw, _ = c.SyscallConn()
	case *net.UnixConn:
		raw, _ = c.SyscallConn()
	case bare:
		raw = c.raw()
	}
	return raw
}

// bare is a [SocketConn], where the system has one.
type bare interface {
	raw() syscall.RawConn
	unix() bool
	write2(first, second []byte) (n int, err error)
}

// isUnix reports whether c is a connection of a Unix socket, and no wrapper of one.
func isUnix(c net.Conn) bool {
	switch c := c.(type) {
	case *net.UnixConn:
		return true
	case bare:
		return c.unix()
	}
	return false
}

// ResetOnClose has the close of a TCP connection be a reset. On others it does nothing.
func ResetOnClose(c net.Conn) {
	if t, ok := c.(interface{ SetLinger(sec int) error }); ok {
		t.SetLinger(0)
	}
}
