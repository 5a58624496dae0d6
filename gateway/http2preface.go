package gateway

import (
	"io"
	"net"
	"syscall"
	"time"
)

// preface is what a connection of HTTP/2 begins with (RFC 9113 section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// prefaceSteps are the lengths at which a beginning is compared with the preface: what is shorter
// cannot be a request of HTTP/1.
var prefaceSteps = [...]int{len("PRI "), len("PRI * HTTP/2.0\r\n\r\n"), len(preface)}

// speaksHTTP2 reports whether nc speaks HTTP/2, by ALPN or, without TLS, as it begins with the
// preface. It returns a connection that still gives that.
func (c *conn) speaksHTTP2(nc net.Conn) (net.Conn, bool) {
	_, socket := nc.(syscall.Conn)
	switch {
	case tlsOf(nc) != nil:
		return nc, negotiated(nc) == alpnHTTP2
	case c.given.Load(): // HTTP/1 has been spoken
		return nc, false
	case socket && c.state == begun:
		return nc, string(c.first[:]) == preface[:sniffLen] && c.peeksPreface()
	}
	return c.readPreface(nc)
}

// peeksPreface reports whether c begins with the preface.
func (c *conn) peeksPreface() bool {
	var b [len(preface)]byte
	defer c.net.SetReadDeadline(time.Time{})
	for _, n := range prefaceSteps {
		if _, err := c.peek(b[:n], c.srv.run.limits.HeadTimeout); err != nil || string(b[:n]) != preface[:n] {
			return false
		}
	}
	return true
}

// readPreface reads what nc begins with, as far as it is the preface.
func (c *conn) readPreface(nc net.Conn) (net.Conn, bool) {
	var b [len(preface)]byte
	c.setReadTimeout(c.srv.run.limits.HeadTimeout)
	defer c.net.SetReadDeadline(time.Time{})
	for n := 0; ; {
		m, err := io.ReadAtLeast(nc, b[n:], 1)
		n += m
		again := &replay{Conn: nc, first: b[:n]}
		if n == len(b) || err != nil || string(b[:n]) != preface[:n] {
			return again, string(b[:n]) == preface
		}
	}
}
