package endpoint

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// errCut is the end of a connection whose peer has not said by TLS that all was sent: it was cut,
// by whomever (RFC 8446 section 6.1). To package tls alone it would be an end like another.
var errCut = errors.New("the connection was cut: it ended without TLS's close_notify")

// A wholeConn is the connection below a client's TLS.
type wholeConn struct{ net.Conn }

// Read implements [net.Conn].
func (c wholeConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = errCut
	}
	return n, err
}

// SyscallConn shows the socket, for watching.
func (c wholeConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
