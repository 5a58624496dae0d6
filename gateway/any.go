package gateway

import (
	"io"
	"net"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// start waits for c's first byte, which costs less memory here than further down, and serves c by serve. One on which nothing
// comes in time is closed.
func (c *conn) start(serve func(*conn)) {
	var first [1]byte
	n, ok := c.peek(first[:], c.srv.run.limits.HeadTimeout)
	if ok && n < len(first) {
		c.drop()
		return
	}
	c.mu.Lock()
	c.begun = ok
	c.mu.Unlock()
	serve(c)
}

// serveAny finds out which of the protocols c speaks, and serves it so.
func (c *conn) serveAny(protocols []protocol.Protocol) {
	nc, first, ok := c.first()
	if !ok {
		c.drop()
		return
	}
	name := protocol.Sniff(first)
	for _, p := range protocols {
		if p.Name() == name {
			c.serve(nc, p)
			return
		}
	}
	if name == "http" || name == "tls" { // for TLS net/http's plain answer is the best there is
		c.serveHTTP(nc)
		return
	}
	c.report("auto", &protocol.Error{Protocol: "auto", Op: "read head", Kind: protocol.ErrUnsupported,
		Detail: name + " is not served on this listener"})
	c.drop()
}

// first returns the connection with its first two bytes, which it still gives.
func (c *conn) first() (nc net.Conn, first []byte, ok bool) {
	first = make([]byte, 2)
	// One that has given a single byte is read from: peeking does not tell the end that may follow that byte.
	if n, ok := c.peek(first, c.srv.run.limits.HeadTimeout); ok && n != 1 {
		return c.net, first, n == len(first)
	}
	c.patience(c.srv.run.limits.HeadTimeout)
	defer c.net.SetReadDeadline(time.Time{})
	_, err := io.ReadFull(c.net, first)
	return &replay{Conn: c.net, first: first}, first, err == nil
}

// patience gives c's peer some time for what comes first; 0 is no limit. What comes next sets a deadline of its own.
func (c *conn) patience(limit time.Duration) {
	if limit > 0 {
		c.net.SetReadDeadline(time.Now().Add(limit))
	}
}

// A replay is a connection that gives first what has been read of it already. It is for connections that the system cannot peek into, or
// not far enough.
type replay struct {
	net.Conn
	first []byte
}

func (c *replay) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// CloseWrite ends the writing side alone.
func (c *replay) CloseWrite() error { return closeWrite(c.Conn) }
