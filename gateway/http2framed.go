package gateway

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// An http2Framed is a connection as net/http's server of HTTP/2 gets it, which knows no time for a
// head, and does whatever it is asked. Above TLS it is that server's only view of it, by which it
// takes no connection of TLS for one: so the request's TLS is set where it is served.
type http2Framed struct {
	net.Conn
	conn *conn

	in    http2Framing
	out   http2Framing
	work  http2Work
	timed bool // there is a deadline for what has begun
}

func newHTTP2Framed(c *conn, nc net.Conn) *http2Framed {
	f := &http2Framed{Conn: nc, conn: c}
	f.in.typ, f.in.left = framePreface, len(preface)
	return f
}

// Read implements [net.Conn].
func (c *http2Framed) Read(p []byte) (int, error) {
	c.work.pause()
	if midway := c.in.midway(); midway != c.timed {
		c.bound(midway)
	}
	n, err := c.Conn.Read(p)
	c.in.follow(p[:n], c.work.came)
	if c.timed && errors.Is(err, os.ErrDeadlineExceeded) {
		c.conn.report("http", &protocol.Error{Protocol: "http", Op: "read head", Kind: protocol.ErrAborted,
			Detail: "not whole after " + c.conn.srv.run.limits.HeadTimeout.String()})
	}
	return n, err
}

// bound gives what has begun its time, or what follows it all there is.
func (c *http2Framed) bound(midway bool) {
	limit := c.conn.srv.run.limits.HeadTimeout
	if c.timed = midway && limit > 0; c.timed {
		c.SetReadDeadline(time.Now().Add(limit))
	} else {
		c.SetReadDeadline(time.Time{})
	}
}

// Write implements [net.Conn].
func (c *http2Framed) Write(p []byte) (int, error) {
	c.out.follow(p, c.work.sent)
	return c.Conn.Write(p)
}

// Close implements [net.Conn]. A peer that has sent no request, or has broken the protocol, would
// connect again at once.
func (c *http2Framed) Close() error {
	if r := &c.conn.srv.run; !r.closing.Load() && (c.work.away.Load() || !c.conn.given.Load()) {
		throttle.End()
	}
	return c.Conn.Close()
}
