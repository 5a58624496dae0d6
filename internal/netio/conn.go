// Package netio has the connection on which scgi, uwsgi and fastcgi stand: input and output buffers
// from a pool, which an idle connection gives back; deadlines that are set when the state changes;
// an end that lets the peer read what was answered.
package netio

import (
	"errors"
	"io"
	"net"
	"os"
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

// Wait blocks until a request begins to arrive, holding no buffers meanwhile. A clean end, an idle
// connection's timeout and CloseIdle are io.EOF.
func (b *Conn) Wait() error {
	if b.r < b.w {
		b.start = false
		return nil
	}
	b.release()
	b.start = false
	if !b.state.CompareAndSwap(active, idle) && b.state.Load() != idle {
		return io.EOF
	}
	d := b.Limits.IdleTimeout
	if !b.used {
		d, b.used = b.Limits.HeadTimeout, true
	}
	n, err := b.readIdle(d)
	switch {
	case n > 0 && b.state.CompareAndSwap(idle, active):
		b.w = n
		return nil
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET):
		return io.EOF
	}
	return err
}

// readIdle reads once into a buffer that is taken only when there is something to read, and waits
// for that no longer than d. What is there already needs no deadline: to set one, and to ask for
// the time, costs as much as the read.
func (b *Conn) readIdle(d time.Duration) (int, error) {
	b.take()
	if b.raw == nil || !b.read.unset() {
		b.read.arm(b.Conn.SetReadDeadline, d)
	}
	if b.raw == nil {
		b.in = getBuffer()
		return b.Conn.Read(b.in)
	}
	b.got, b.err, b.limit = 0, nil, d
	return b.came(b.raw.Read(b.try))
}

// came is what a read through raw has brought, which itself ended with err.
func (b *Conn) came(err error) (int, error) {
	switch {
	case err != nil:
		return 0, err
	case b.got == 0 && b.err == nil:
		return 0, io.EOF
	}
	return b.got, b.err
}

func (b *Conn) tryRead(fd uintptr) bool {
	if b.keep != nil && b.keep.taking {
		b.keep.take(fd)
		return true
	}
	b.in = getBuffer()
	n, err := b.receive(int(fd), b.in)
	if err == nil {
		b.got = n
		return true
	}
	putBuffer(b.in)
	b.in = nil
	if err == syscall.EAGAIN {
		b.read.arm(b.Conn.SetReadDeadline, b.limit)
		return false
	}
	b.err = os.NewSyscallError("read", err)
	return true
}

// Fill reads until at least n bytes are buffered. n may be larger than a buffer: the caller has
// checked it against its limit, and the buffer grows with what comes, not with what is announced.
// The deadline is the head's, from the first Fill that must wait. An end is io.EOF if nothing is
// buffered, else io.ErrUnexpectedEOF; too slow a peer is an ErrAborted with status 408.
func (b *Conn) Fill(n int) error {
	if b.w-b.r >= n {
		return nil
	}
	if !b.start {
		b.start = true
		b.read.set(b.Conn.SetReadDeadline, b.Limits.HeadTimeout)
	}
	for b.w-b.r < n {
		b.makeRoom(n)
		b.work.Pause()
		m, err := b.get(b.in[b.w:], 0)
		b.work.Read(m)
		b.w += m
		switch {
		case m > 0 || err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return &protocol.Error{Op: "read head", Kind: protocol.ErrAborted, Detail: "not whole after " + b.Limits.HeadTimeout.String(), Status: 408}
		case err == io.EOF && b.r < b.w:
			return io.ErrUnexpectedEOF
		default:
			return err
		}
	}
	return nil
}

// makeRoom makes room behind what is buffered, of which there are to be n bytes in one piece.
func (b *Conn) makeRoom(n int) {
	if b.in == nil {
		b.in, b.r, b.w = getBuffer(), 0, 0
	}
	if b.r > 0 && len(b.in)-b.r < n {
		b.w = copy(b.in, b.in[b.r:b.w])
		b.r = 0
	}
	if b.w == len(b.in) {
		b.in = replace(b.in, min(2*len(b.in), n+BufferSize/4))
	}
}

// Read reads part of a body: what is buffered first, then straight into p unless p is small.
func (b *Conn) Read(p []byte) (n int, err error) {
	if b.r < b.w {
		n = copy(p, b.in[b.r:b.w])
		b.r += n
		return n, nil
	}
	b.read.arm(b.Conn.SetReadDeadline, b.Limits.BodyTimeout)
	b.work.Pause()
	left := b.unread.Load()
	if len(p) >= BufferSize/4 {
		n, err = b.get(p, left)
		b.work.Read(n)
		return n, b.bodyError(err)
	}
	b.r, b.w = 0, 0
	b.makeRoom(1)
	b.w, err = b.get(b.in, left)
	b.work.Read(b.w)
	n = copy(p, b.in[:b.w])
	b.r = n
	return n, b.bodyError(err)
}

func (b *Conn) bodyError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && !b.read.own {
		return &protocol.Error{Op: "read body", Kind: protocol.ErrAborted, Detail: "nothing came for " + b.Limits.BodyTimeout.String(), Err: err, Status: 408}
	}
	return err
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
