package fastcgi

import (
	"net"
	"net/netip"
	"time"

	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// Name is the protocol's name, and the scheme of its addresses.
const Name = "fastcgi"

// Protocol is the application's side of FastCGI. The zero value is ready to use.
type Protocol struct {
	// WebServerAddrs are the only peers that are served, where it is not nil: then a peer that does
	// not come by TCP is refused too (section 3.2). See [ParseWebServerAddrs].
	WebServerAddrs []netip.Addr

	// MaxConns is the answer to FCGI_MAX_CONNS. 0 leaves the name out of the answer, as one that is
	// not known.
	MaxConns int

	// RetryAfter is what a request that does not fit on its connection is told: it is answered with
	// status 503 and this Retry-After; 0 means 1 s. A negative value answers FCGI_OVERLOADED, or
	// FCGI_CANT_MPX_CONN where Limits.Requests is 1 (section 5.5). HAProxy 2.6 gives no answer to a
	// request whose body it is sending when one of these comes, until its server timeout.
	RetryAfter time.Duration
}

// Name returns "fastcgi".
func (Protocol) Name() string { return Name }

// Sniff implements [protocol.Sniffer].
func (Protocol) Sniff(first []byte) protocol.Match { return sniff.FastCGI.Match(first) }

// NewConn returns the application's side of c. It is a [protocol.Multiplexer], a
// [protocol.Refuser], a [protocol.Idler], a [protocol.IdleReturner] and a [protocol.Cutter].
func (p Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	s := &conn{proto: p, lim: lim.Resolve(), nc: c, peer: c.RemoteAddr()}
	s.lim.Requests = min(s.lim.Requests, maxIDs)
	s.in.Init(c)
	s.in.Idles(&s.idle, waiting, busy)
	s.out.c = s
	s.out.nc.Init(c, lim)
	s.next.L = &s.mu
	return s
}

// maxIDs is the number of request ids: all of 16 bits but 0.
const maxIDs = 65535
