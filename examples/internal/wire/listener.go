// Package wire prints the conversations of a listener as they happen.
package wire

import (
	"io"
	"net"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// Listener returns l with what goes over its connections printed to out, a line a message: after
// ">" what the front sends, after "<" what the server answers.
func Listener(l net.Listener, p protocol.Tracer, out io.Writer) net.Listener {
	return &listener{Listener: l, protocol: p, out: &lockedWriter{w: out}}
}

type listener struct {
	net.Listener
	protocol protocol.Tracer
	out      io.Writer
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: l.trace(protocol.RequestSide, ">"), out: l.trace(protocol.ResponseSide, "<")}, nil
}

// trace is where one side of a connection is written to.
func (l *listener) trace(side protocol.Side, prefix string) io.Writer {
	return &protocol.Trace{Protocol: l.protocol, Side: side, Out: l.out, Prefix: prefix}
}

// A conn writes what it carries to a trace, which fails for what is not of its protocol: that is
// for the server to answer.
type conn struct {
	net.Conn
	in, out io.Writer
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.in.Write(p[:n])
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.out.Write(p)
	return c.Conn.Write(p)
}

// CloseWrite lets the server end its side first.
func (c *conn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

// A lockedWriter keeps the lines of several connections apart.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
