package fastcgi

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A conn is the application's side of one connection. Its files are named conn_*.go.
//
// Whoever reads it gives each record to the request that the record belongs to. Who that is follows
// from whether a goroutine is in Next, the leader:
//
//	                 Next gives a request, and nobody is in it any more
//	waiting ------------------------------------------------------------> solo
//	the leader      <----------------------------------------------------   the request's handler
//	reads, no            the handler returns, and is the leader again       reads, in its body's
//	request is                                                              Read
//	open                                                                     |
//	   ^                                                                     | Next is called
//	   |                                                                     v
//	   +----------------------------------------------------------------- shared
//	               the last handler returns                                 the leader reads, bodies
//	                                                                        come by their windows
//
// So a request that comes alone and is served soon costs no other goroutine. Next is called while
// it is served when the peer has shown that it multiplexes, when more than the request has come,
// when the handler asks for the end of its context, and when it has not read for tickTime: see
// company. A handler whose Read is waiting for input then finishes that Read. From then on the
// leader alone reads, until Next gives the next request.
type conn struct {
	proto Protocol
	lim   protocol.Limits
	nc    net.Conn
	peer  net.Addr

	// The reader's alone.
	in      netio.Reader
	rec     record // what is still to come of the current record
	control []byte // the content of a control record, as far as it has come
	begun   bool   // the first header was good
	refused refused
	refusal *plainErrorEncoder // what answers a peer that speaks another protocol
	work    throttle.Meter     // what its peer has made it do in vain

	idle    atomic.Int32 // whether the reader waits for a request: see CloseIdle
	out     output
	writers atomic.Int32 // handlers that send, or wait to

	mu       sync.Mutex
	next     sync.Cond // where the leader waits
	more     func()    // asks for a leader; nil: one request at a time
	leading  bool      // somebody is in Next
	reader   reader
	lookUp   bool // the reader is to look at the state of the connection again: see poke
	deadline readDeadline

	idleAfter time.Duration // of ReturnIdle; 0: never
	ticker    ticker
	grace     grace

	streams map[uint16]*stream
	ready   []*stream // those that Next has still to give
	open    int       // requests that began and whose handler has not returned
	heads   int       // of those, the ones whose PARAMS are not whole
	waiters int       // of those, the ones whose handler waits for a body
	ending  int       // requests whose END_REQUEST is being sent
	running int       // requests that Next has given, as far as they are open or ending
	served  int       // requests that Next has given
	multi   bool      // the peer has shown that it multiplexes
	holds   budget

	closing bool  // a request without KEEP_CONN has come to its end
	closed  bool  // Close was called
	linger  bool  // the peer may still be sending
	err     error // why nothing more is read
	told    bool  // a request's answer tells it
}

// A reader is who reads from a connection.
type reader uint8

const (
	nobody reader = iota
	leader
	handler
)

// errLookAgain ends a step of the reader that must look at the state of the connection again.
var errLookAgain = errors.New("look again")

// Multiplex implements protocol.Multiplexer.
func (c *conn) Multiplex(more func()) {
	if c.lim.Requests > 1 {
		c.mu.Lock()
		c.more = more
		c.mu.Unlock()
	}
}

// Next implements protocol.Conn.
func (c *conn) Next(ctx context.Context) (*protocol.Request, protocol.Encoder, error) {
	s, more, err := c.lead()
	if more {
		c.more()
	}
	if s != nil {
		return &s.req, s, s.failed
	}
	if c.out.pending.Load() {
		c.out.flush()
	}
	if c.refusal != nil {
		return c.giveRefusal(err)
	}
	return nil, nil, err
}

// over returns why there is no further request. The lock is held.
func (c *conn) over() error {
	if c.served == 0 && c.err == nil {
		c.err = c.proto.admit(c.peer)
	}
	switch {
	case c.told:
		return io.EOF
	case c.err != nil:
		return c.err
	case c.closed, c.closing && c.empty():
		return io.EOF
	}
	return nil
}

// empty reports whether no request is open, and none is being ended. The lock is held.
func (c *conn) empty() bool { return c.open == 0 && c.ending == 0 }
