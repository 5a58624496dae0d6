package fastcgi

import (
	"net"
	"net/netip"
	"time"

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

	// RetryAfter, if not 0, has a request beyond Limits.Requests answered with status 503 and this
	// Retry-After, which people see. 0 answers FCGI_OVERLOADED, for which HAProxy closes the
	// connection and nginx logs an error.
	RetryAfter time.Duration
}

// Name returns "fastcgi".
func (Protocol) Name() string { return Name }

// NewConn returns the application's side of c. It is a [protocol.Multiplexer] and a
// [protocol.Idler].
func (p Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	s := &conn{proto: p, lim: lim.Resolve(), nc: c, peer: c.RemoteAddr()}
	s.lim.Requests = min(s.lim.Requests, maxIDs)
	s.in.init(c)
	s.out.c = s
	s.out.nc.Init(c, lim)
	s.next.L = &s.mu
	return s
}

// maxIDs is the number of request ids: all of 16 bits but 0.
const maxIDs = 65535
