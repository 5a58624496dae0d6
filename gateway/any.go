package gateway

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// errNoSocket is what peek says of a connection that is none of the system's.
var errNoSocket = errors.New("gateway: not a socket")

// sniffLen is how many bytes tell a protocol. None can say anything before it has them.
const sniffLen = 2

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

// byAny finds out which of the protocols, or HTTP, a connection speaks, and serves it so.
func byAny(protocols []protocol.Protocol) kind {
	kinds := sniffedKinds(protocols)
	return func(c *conn, nc net.Conn) {
		if isHTTP(nc) {
			c.serveHTTP(nc)
			return
		}
		nc, first, ok := c.firstOf(nc)
		if !ok {
			c.drop()
			return
		}
		if k := kindOf(kinds, first); k != nil {
			c.kind = k
			k(c, nc)
			return
		}
		c.report("auto", &protocol.Error{Protocol: "auto", Op: "read head", Kind: protocol.ErrUnsupported,
			Detail: sniff.NotServed(first)})
		throttle.End()
		c.drop()
	}
}

// firstOf returns the connection nc with its first two bytes, which it still gives.
func (c *conn) firstOf(nc net.Conn) (again net.Conn, first []byte, ok bool) {
	first = make([]byte, sniffLen)
	if _, socket := nc.(syscall.Conn); socket {
		if _, err := c.peek(first, c.srv.run.limits.HeadTimeout); err == nil {
			return nc, first, true
		}
	}
	c.setReadTimeout(c.srv.run.limits.HeadTimeout)
	defer c.net.SetReadDeadline(time.Time{})
	_, err := io.ReadFull(nc, first)
	return &replay{Conn: nc, first: first}, first, err == nil
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

// ReadFrom lets files go on as the connection sends them.
func (c *replay) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// CloseWrite ends the writing side alone.
func (c *replay) CloseWrite() error { return closeWrite(c.Conn) }

// NetConn returns the connection itself.
func (c *replay) NetConn() net.Conn { return c.Conn }
