// Package netio has the connections of scgi, uwsgi and fastcgi. Their input and output buffers come
// from a pool, to which an idle connection returns them. Deadlines are set when the state of the
// connection changes. A connection is closed so that the peer can still read the response. The
// package also has the client's side of a connection that carries one request.
package netio

import (
	"net"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A Conn is a buffered connection. One goroutine at a time may read and one may write; Close,
// CloseIdle and the deadlines may be used from anywhere.
type Conn struct {
	net.Conn
	Reader
	Limits protocol.Limits // resolved

	state       atomic.Int32
	headStarted bool // the deadline for the whole head is set
	hadRequest  bool // a request has come: the next Wait has IdleTimeout, not HeadTimeout

	work  throttle.Meter // used by the reader
	write deadline

	bodyLeft   atomic.Int64 // unread bytes of the request's body; negative: unknown
	background atomic.Pointer[backgroundRead]

	out      []byte      // the output buffer, nil while there is nothing to send
	answered atomic.Bool // the end of the response has been sent
	linger   atomic.Bool // answered, and the peer may still be sending
}

// The states of a Conn.
const (
	idle     = iota // between requests
	active          // a request is being read or served
	closed          // from this side
	hijacked        // owned by the handler
)

// New returns a Conn on c with the limits lim, which may be nil.
func New(c net.Conn, lim *protocol.Limits) *Conn {
	b := new(Conn)
	b.Init(c, lim)
	return b
}

// Init makes b a Conn on c, for a Conn that is a part of another struct.
func (b *Conn) Init(c net.Conn, lim *protocol.Limits) {
	b.Conn, b.Limits = c, lim.Resolve()
	b.Reader.Init(c)
	b.Idles(&b.state, idle, active)
}

// release returns the empty buffers to the pool.
func (b *Conn) release() {
	if b.r == b.w {
		b.Release()
	}
	b.ReleaseOut()
}

// Free returns all buffers to the pool, drops what they hold and consumes the kept input. It may be
// called when nobody reads or writes any more. That is not so in Close, which any goroutine may
// call, nor at the end of a response, when a Read of the body may still be running.
func (b *Conn) Free() {
	b.consume()
	b.Release()
	b.DropOut()
	b.ReleaseOut()
}
