// Package netio has the connection on which scgi, uwsgi and fastcgi stand: input and output buffers
// from a pool, which an idle connection gives back; deadlines that are set when the state changes;
// an end that lets the peer read what was answered.
package netio

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A Conn is a buffered connection. One goroutine at a time may read and one may write; Close,
// CloseIdle and the deadlines may be used from anywhere.
type Conn struct {
	net.Conn
	Limits protocol.Limits // resolved

	state atomic.Int32
	start bool // the deadline for the whole head is set
	used  bool // a request has come: the next wait is idle, not for the first

	in    []byte          // the input buffer, nil while idle
	r, w  int             // what is buffered is in[r:w]
	raw   syscall.RawConn // see Socket
	try   func(fd uintptr) bool
	got   int // what try read
	err   error
	limit time.Duration // how long try may wait

	keep *Keep          // see KeepInput; nil: nothing is kept
	work throttle.Meter // of who reads

	read, write deadline

	// what nobody has read of the request's body; negative: nobody knows
	unread atomic.Int64
	ahead  atomic.Pointer[ahead] // the last watch that reads ahead

	out      []byte // the output buffer, nil while there is nothing to send
	put      func(fd uintptr) bool
	send     []byte      // what put is to write
	sent     int         // what it wrote
	answered atomic.Bool // the end of the response has been sent
	linger   atomic.Bool // answered, and the peer may still be sending
}

// The states of a Conn.
const (
	idle     = iota // between requests
	active          // a request is being read or served
	closed          // by us
	hijacked        // somebody else's
)

// New returns a Conn on c with the limits lim, which may be nil.
func New(c net.Conn, lim *protocol.Limits) *Conn {
	b := new(Conn)
	b.Init(c, lim)
	return b
}

// Init makes b a Conn on c, for those who have one in a struct of theirs.
func (b *Conn) Init(c net.Conn, lim *protocol.Limits) {
	b.Conn, b.Limits = c, lim.Resolve()
	b.raw = Socket(c)
	b.try = b.tryRead
}

// Buffered returns what has been read and not yet discarded. It is good until the next call that
// reads.
func (b *Conn) Buffered() []byte { return b.in[b.r:b.w] }

// Discard drops n bytes of what is buffered, and a buffer that was made larger once it is empty.
func (b *Conn) Discard(n int) {
	if b.r += n; b.r == b.w && len(b.in) > BufferSize {
		b.in, b.r, b.w = nil, 0, 0
	}
}

// release gives the buffers back that hold nothing.
func (b *Conn) release() {
	if b.r == b.w && b.in != nil {
		putBuffer(b.in)
		b.in, b.r, b.w = nil, 0, 0
	}
	if len(b.out) == 0 && b.out != nil {
		putBuffer(b.out)
		b.out = nil
	}
}

// Free gives all buffers back, with what is in them. It is for the end, when nobody reads or writes
// any more: so not for Close, which may come from anywhere, nor for the end of a response, when a
// late Read of the body may still be at work. It takes what KeepInput has left: the response is
// whole, or the connection cut.
func (b *Conn) Free() {
	b.take()
	b.r, b.w, b.out = 0, 0, b.out[:0]
	b.release()
}
