package fastcgi

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A sharedConn is a connection that carries several requests at once. One goroutine reads it and
// puts what comes where the exchanges find it. Its lock may be held when the mux's is taken, not
// the other way round.
type sharedConn struct {
	m     *multiplexer
	nc    *netio.PoolConn
	lim   protocol.Limits // resolved
	limit int             // how many requests it carries at once
	since time.Time

	crowded atomic.Bool // somebody reads an answer slowly
	used    atomic.Bool // a request was answered on it

	// Guarded by the mux's lock.
	inUse     int  // requests that are open or about to be
	givenUp   int  // those of them that were given up
	taken     int  // those that it has carried, and carries
	retired   bool // it carries no further ones
	idle      *time.Timer
	idleUntil time.Time

	in   netio.Reader
	rec  muxRecord
	done chan struct{} // closed when nothing is read any more

	mu      sync.Mutex
	next    sync.Cond // wakes the reader, which waits for room
	err     error     // why the connection has failed
	streams map[uint16]*muxStream
	live    int             // those of them that nobody has given up
	crowds  int             // those whose answers do not fit into their windows
	pausing *muxStream      // for whose reader nothing is read; nil: the connection is read
	gone    map[uint16]bool // ids of requests that were given up: what comes of them is dropped
	freeIDs []uint16        // the one that was used last is the last
	lastID  uint16
	woken   []*muxStream // those for which something came

	writing bool        // somebody writes
	queue   []*muxWrite // what is to be written next
	leaving []*muxWrite // what is being written
}

func newSharedConn(m *multiplexer, nc *netio.PoolConn, limit int) *sharedConn {
	c := &sharedConn{m: m, nc: nc, lim: m.Limits.Resolve(), limit: min(limit, maxIDs-goneMost), since: time.Now(),
		done: make(chan struct{}), streams: make(map[uint16]*muxStream), gone: make(map[uint16]bool)}
	c.next.L = &c.mu
	c.in.Init(nc.Conn)
	go c.read()
	return c
}

// open begins a request, or returns nil if c has failed.
func (c *sharedConn) open() *muxStream {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil
	}
	s := &muxStream{c: c}
	s.out.s = s
	s.cond.L = &c.mu
	if len(c.freeIDs) > 0 {
		s.id = c.freeIDs[0]
		c.freeIDs = append(c.freeIDs[:0], c.freeIDs[1:]...)
	} else {
		c.lastID++
		s.id = c.lastID
	}
	c.streams[s.id] = s
	c.live++
	c.next.Signal() // whoever was alone is no more
	return s
}

// goneMost is how many ids of requests that were given up a connection may have. None of them is
// used again: net/http/fcgi may go on with an answer after it has said END_REQUEST to an
// ABORT_REQUEST.
const goneMost = 1000

// leave ends s for the backend. The lock is held.
func (c *sharedConn) leave(s *muxStream) {
	delete(c.streams, s.id)
	switch {
	case s.givenUp:
		if c.gone[s.id] = true; len(c.gone) == goneMost {
			c.m.retire(c)
		}
	case !s.writing:
		c.freeIDs = append(c.freeIDs, s.id)
	}
	if !s.givenUp {
		c.live--
	}
	if s.late != nil {
		s.late.Stop()
	}
	c.m.release(c, s.givenUp)
}

// read reads records until the connection fails.
func (c *sharedConn) read() {
	defer close(c.done)
	defer c.in.Release()
	for {
		err := c.more()
		if err == nil {
			err = c.records()
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// more reads once behind what is buffered: a part of a header, or of an END_REQUEST.
func (c *sharedConn) more() error {
	if len(c.in.Buffered()) == 0 {
		return c.in.Wait(0)
	}
	err := c.in.More(headerLen + endLen)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// fail ends the connection, and all requests on it.
func (c *sharedConn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failLocked(err)
}

func (c *sharedConn) failLocked(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	for _, w := range c.queue {
		w.cond.Signal()
	}
	for _, s := range c.streams {
		s.fail(err)
	}
	c.next.Signal()
	c.m.failed(c)
}
