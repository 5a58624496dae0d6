package gateway

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// errNoSocket is what peek says of a connection that is none of the system's.
var errNoSocket = errors.New("gateway: not a socket")

// sniffLen is how many bytes tell a protocol. None can say anything before it has them.
const sniffLen = 2

// start waits for c's first bytes, which costs less memory here than further down, and serves c by
// serve. One on which they do not come in time is closed.
func (c *conn) start(serve func(*conn)) {
	var first [sniffLen]byte
	k := peeking{p: first[:], whole: c.listener.whole.Load()}
	n, err := c.peekBy(&k, c.srv.run.limits.HeadTimeout)
	if err != nil && err != errNoSocket && (n == 0 || err != io.EOF) {
		c.late(n)
		return
	}
	c.mu.Lock()
	c.begun = err != errNoSocket
	c.mu.Unlock()
	if k.whole && err == nil {
		c.early = k.p
	}
	serve(c)
}

// late closes a connection whose first bytes have not come, but n.
func (c *conn) late(n int) {
	if name := c.listener.protocol; n > 0 {
		c.report(name, &protocol.Error{Protocol: name, Op: "read head", Kind: protocol.ErrAborted,
			Detail: "not whole after " + c.srv.run.limits.HeadTimeout.String()})
	}
	c.drop()
}

// A sniffed is a kind with what tells it by a connection's first bytes.
type sniffed struct {
	sniff func(first []byte) protocol.Match
	kind  kind
}

// sniffedKinds are the kinds of the protocols and of HTTP.
func sniffedKinds(protocols []protocol.Protocol) []sniffed {
	var kinds []sniffed
	for _, p := range protocols {
		k := sniffed{sniff: weakly, kind: by(p)}
		if s, ok := p.(protocol.Sniffer); ok {
			k.sniff = s.Sniff
		}
		kinds = append(kinds, k)
	}
	http := kind((*conn).serveHTTP)
	// for TLS net/http's plain answer is the best there is
	return append(kinds, sniffed{sniff.HTTP.Match, http}, sniffed{sniff.TLS.Match, http})
}

// weakly is the Sniff of a protocol that has none.
func weakly([]byte) protocol.Match { return protocol.WeakMatch }

// kindOf returns the first kind of those that first fits best, or nil.
func kindOf(kinds []sniffed, first []byte) kind {
	best, found := protocol.NoMatch, kind(nil)
	for _, k := range kinds {
		if m := k.sniff(first); m > best {
			best, found = m, k.kind
		}
	}
	return found
}

// serveAny finds out which of the protocols c speaks, and serves it so.
func (c *conn) serveAny(kinds []sniffed) {
	nc, first, ok := c.first()
	if !ok {
		c.drop()
		return
	}
	if kind := kindOf(kinds, first); kind != nil {
		c.kind = kind
		kind(c, nc)
		return
	}
	c.report("auto", &protocol.Error{Protocol: "auto", Op: "read head", Kind: protocol.ErrUnsupported,
		Detail: sniff.Of(first).Name + " is not served on this listener"})
	throttle.End()
	c.drop()
}

// first returns the connection with its first two bytes, which it still gives.
func (c *conn) first() (nc net.Conn, first []byte, ok bool) {
	first = make([]byte, sniffLen)
	if _, err := c.peek(first, c.srv.run.limits.HeadTimeout); err == nil {
		return c.net, first, true
	}
	c.setReadTimeout(c.srv.run.limits.HeadTimeout)
	defer c.net.SetReadDeadline(time.Time{})
	_, err := io.ReadFull(c.net, first)
	return &replay{Conn: c.net, first: first}, first, err == nil
}

// setReadTimeout gives c's peer some time for what comes first; 0 is no limit. What comes next sets
// a deadline of its own.
func (c *conn) setReadTimeout(limit time.Duration) {
	if limit > 0 {
		c.net.SetReadDeadline(time.Now().Add(limit))
	}
}

// A replay is a connection that gives first what has been read of it already. It is for connections
// that the system cannot peek into, or not far enough.
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
