package fastcgi

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A conn is the application's side of one connection.
//
// Whoever reads from it holds the right to read (reading): either the leader, who is in Next, or,
// while nobody is, a handler that reads its body. The reader gives every record to the request it
// belongs to, its own or another's.
type conn struct {
	proto Protocol
	lim   protocol.Limits
	nc    net.Conn
	peer  net.Addr

	in  input  // the reader's
	rec record // the reader's: what is still to come of the current record
	// the reader's: the content of a control record, as far as it has come
	control []byte
	begun   bool               // the reader's: the first header was good
	refused refused            // nil: nobody is told
	refusal *plainErrorEncoder // the reader's: what answers a peer that speaks another protocol
	work    throttle.Meter     // the reader's: what its peer has made it do in vain
	idle    atomic.Int32       // whether the reader waits for a request: see CloseIdle

	out output

	mu      sync.Mutex
	next    sync.Cond // where the leader waits
	more    func()    // asks for a leader; nil: one request at a time
	reading bool      // somebody reads
	leading bool      // somebody is in Next
	streams map[uint16]*stream
	open    int       // requests that began and whose handler has not returned
	ending  int       // requests whose END_REQUEST is being sent
	heads   int       // of those, the ones whose PARAMS are not whole
	waiters int       // of those, the ones whose handler waits for a body
	ready   []*stream // those that Next has still to give
	served  int       // those that Next has given
	// of those, the ones whose handler has not returned or whose end is being sent
	running  int
	yielding *stream // the leader leaves the reading to this one's handler
	multi    bool    // the peer has shown that it multiplexes
	closing  bool    // a request without KEEP_CONN has come to its end
	closed   bool    // Close was called
	parking  bool    // Park was called, and the leader has not noticed yet
	parked   bool    // the last Next ended because of that
	linger   bool    // the peer may still be sending
	err      error   // why nothing more is read
	told     bool    // a request's answer tells it

	holds    budget
	writers  atomic.Int32 // handlers that send, or wait to
	deadline deadline
	ticker   ticker
	grace    readGrace
}

// A record is what is still to come of the record that is being read.
type record struct {
	h       header
	sink    sink
	s       *stream     // for toParams
	flow    *bodyStream // for toBody
	left    int         // bytes of content
	padding int         // bytes after it
}

// A sink says where a record's content goes.
type sink uint8

const (
	toNobody sink = iota
	toParams
	toBody
	toControl
)

var (
	errPoked    = errors.New("look again") // the reader must look at its own state again
	errYield    = errors.New("let the handler read")
	errConnLost = protocol.ErrGone
)

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
	if s == nil {
		if c.out.pending.Load() {
			c.out.flush()
		}
		if refusal := c.refusal; refusal != nil {
			c.refusal = nil
			c.mu.Lock()
			c.err = io.EOF // the answer tells it, and is logged
			c.mu.Unlock()
			return &protocol.Request{Protocol: Name, Peer: c.peer}, refusal, err
		}
		return nil, nil, err
	}
	return &s.req, s, s.failed
}

// lead reads until there is a request to give, and reports whether another leader is wanted
// meanwhile.
func (c *conn) lead() (s *stream, more bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leading, c.parked = true, false
	defer func() { c.leading = false }()
	for {
		if c.gives() {
			s = c.pop()
			return s, c.company(), nil
		}
		if len(c.ready) > 0 && c.err != nil {
			c.next.Wait() // for a handler to return
			continue
		}
		if err := c.over(); err != nil {
			return nil, false, err
		}
		if c.reading || c.yielding != nil {
			c.next.Wait()
			continue
		}
		if c.park() {
			return nil, false, errParked
		}
		c.read(true)
	}
}

// read reads one record or a part of one. The lock is held, and given up meanwhile.
func (c *conn) read(leader bool) {
	c.reading = true
	c.mu.Unlock()
	err := c.step(leader)
	c.mu.Lock()
	c.reading = false
	if err != nil && err != errPoked && err != errYield {
		c.fail(err)
	}
}

// pop takes the next request that is ready.
func (c *conn) pop() *stream {
	s := c.ready[0]
	c.ready = slices.Delete(c.ready, 0, 1) // which forgets it: an idle connection holds no request
	s.state = serving
	c.served++
	c.runs(1)
	return s
}

// company reports whether a leader is wanted while the request that was just taken is served: the
// peer has shown that it multiplexes. Otherwise the ticker will tell.
func (c *conn) company() bool {
	if c.more == nil {
		return false
	}
	if c.multi || c.open > 1 || !c.reading && c.ahead() {
		return true
	}
	c.ticker.start(c)
	return false
}

// ahead reports whether more than the rest of the one request is buffered.
func (c *conn) ahead() bool {
	b, ended := c.in.buffered(), false
	if c.rec.left > 0 || c.rec.padding > len(b) {
		return false
	}
	b = b[c.rec.padding:]
	for len(b) > 0 {
		h, _, n, err := consumeRecord(b)
		switch {
		case err != nil || ended:
			return true
		case n == 0 && len(b) < headerLen:
			return false
		case h.typ != typeStdin && h.typ != typeData:
			return true
		case n == 0:
			return false
		}
		b = b[n:]
	}
	return false
}

// over returns why there is no further request.
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

// empty reports whether no request is open, and none is being ended.
func (c *conn) empty() bool { return c.open == 0 && c.ending == 0 }

// fail ends the reading, and with it every request: none can be taken back any more.
func (c *conn) fail(err error) {
	if c.closed {
		err = io.EOF
	}
	if c.err == nil {
		c.err = err
		c.linger = c.linger || errors.Is(err, protocol.ErrMalformed)
	}
	gone := error(errConnLost)
	if err != io.EOF {
		gone = fail(protocol.ErrAborted, "serve", "", err)
	}
	for _, s := range c.streams {
		s.lose(gone)
	}
	c.next.Signal()
}

// poke makes whoever reads look at its state again.
func (c *conn) poke() {
	c.next.Signal()
	if c.reading {
		c.deadline.poke(c)
	}
}

// The states of conn.idle.
const (
	busy     = iota // a request is being read or served
	waiting         // the reader waits for a request's first byte
	shutDown        // CloseIdle came first
)

// Idle reports whether c waits for a request, with none that is being read or served.
func (c *conn) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.empty() && c.reading && c.idle.Load() == waiting
}

// CloseIdle implements protocol.Idler.
func (c *conn) CloseIdle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return true
	case !c.empty(), c.err != nil, c.closing, c.out.pending.Load():
		// it is not idle, or ends by itself
		return false
	case !c.reading && len(c.in.buffered()) > 0, netio.Pending(c.in.look):
		return false
	case c.reading && !c.idle.CompareAndSwap(waiting, shutDown):
		return false
	}
	c.closed = true
	c.nc.Close()
	c.next.Signal()
	return true
}

// Close implements protocol.Conn. It waits for no handler.
func (c *conn) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	linger := c.linger && c.err != io.EOF
	c.fail(io.EOF)
	c.forgetUnserved()
	c.poke()
	c.ticker.stop()
	c.grace.stop()
	reading := c.reading
	c.mu.Unlock()
	if again {
		return c.nc.Close()
	}
	if !reading {
		c.release() // a drain takes its time, and needs none of it
	}
	if linger && !reading {
		c.drain()
	}
	return c.nc.Close()
}

func (c *conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.reading {
		c.in.release()
		c.out.release()
	}
}

// drain has the peer read what it was answered, before a close with unread input destroys that. A
// connection that has no half-close is read until the peer, who has its END_REQUEST, closes it.
func (c *conn) drain() {
	if _, ok := c.nc.(interface{ CloseWrite() error }); ok {
		c.out.nc.Drain()
		return
	}
	netio.Linger(c.nc)
}
