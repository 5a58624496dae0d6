package fastcgi

import (
	"net"
	"os"
	"sync"
	"time"
)

// A muxStream is one request's part of a connection that carries several. To its exchange it is a
// connection of its own: the request's id on it is requestID, and records have no padding.
type muxStream struct {
	c  *sharedConn
	id uint16

	// Guarded by the connection's lock.
	cond    sync.Cond // wakes Read
	in      muxBuffer
	woken   bool
	begun   bool        // something of the request was written
	writing bool        // something of it is being written
	outDone bool        // the end of STDOUT came
	ended   bool        // END_REQUEST came
	givenUp bool        // ABORT_REQUEST was sent, or is about to be
	closed  bool        // by the exchange
	err     error       // why it has failed
	late    *time.Timer // for END_REQUEST of a request that was given up
	readBy  time.Time
	writeBy time.Time
	timer   *time.Timer // wakes Read at readBy
	out     muxWrite
}

// deaf reports whether nobody will read what comes.
func (s *muxStream) deaf() bool { return s.closed || s.givenUp || s.err != nil }

// Read implements net.Conn. One goroutine at a time may call it.
func (s *muxStream) Read(p []byte) (n int, err error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for {
		switch n, err = s.take(p); {
		case n > 0 || err != nil || len(p) == 0:
			return n, err
		case s.closed:
			return 0, net.ErrClosed
		case s.err != nil:
			return 0, s.err
		}
		left := time.Duration(0)
		if !s.readBy.IsZero() {
			if left = time.Until(s.readBy); left <= 0 {
				return 0, os.ErrDeadlineExceeded
			}
		}
		s.wait(left)
	}
}

// wait waits until something has come, or for d at most; 0: without a limit.
func (s *muxStream) wait(d time.Duration) {
	switch {
	case d == 0:
	case s.timer == nil:
		s.timer = time.AfterFunc(d, s.wake)
	default:
		s.timer.Reset(d)
	}
	s.cond.Wait()
	if s.timer != nil {
		s.timer.Stop()
	}
}

func (s *muxStream) wake() {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.cond.Signal()
}

// fail ends s with an error, which comes after what is held. The lock is held, here and below.
func (s *muxStream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.cond.Signal()
	s.out.cond.Signal()
}

// end says that END_REQUEST came.
func (s *muxStream) end() {
	c := s.c
	s.ended = true
	c.used.Store(true)
	c.setCrowds(s, false)
	c.leave(s)
	s.fail(net.ErrClosed)
}

// Close implements net.Conn. A request that has not ended is given up.
func (s *muxStream) Close() error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	s.in.drop(c)
	c.setCrowds(s, false)
	s.cond.Signal()
	s.out.cond.Signal()
	switch {
	case s.ended || s.givenUp || c.err != nil:
	case s.begun || s.writing:
		c.giveUp(s)
	default:
		c.leave(s)
	}
	return nil
}

// giveUp has the backend be told that nobody wants the answer any more. The request counts as open
// until END_REQUEST comes, or the time for that is over: then its connection ends with the others
// on it.
func (c *sharedConn) giveUp(s *muxStream) {
	s.givenUp = true
	c.m.givesUp(c)
	c.live--
	c.setCrowds(s, false)
	c.next.Signal()
	if s.writing {
		c.nc.SetWriteDeadline(time.Now().Add(abortTimeout))
	}
	if c.lim.ReadTimeout > 0 {
		s.late = time.AfterFunc(c.lim.ReadTimeout, func() { c.endIsLate(s) })
	}
	go c.abort(s.id)
}

// endIsLate ends s without its END_REQUEST.
func (c *sharedConn) endIsLate(s *muxStream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !s.ended && c.err == nil {
		s.ended = true
		c.m.retire(c)
		c.leave(s)
	}
}

// LocalAddr implements net.Conn.
func (s *muxStream) LocalAddr() net.Addr { return s.c.nc.LocalAddr() }

// RemoteAddr implements net.Conn.
func (s *muxStream) RemoteAddr() net.Addr { return s.c.nc.RemoteAddr() }

// SetDeadline implements net.Conn.
func (s *muxStream) SetDeadline(t time.Time) error {
	s.SetReadDeadline(t)
	return s.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (s *muxStream) SetReadDeadline(t time.Time) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.readBy = t
	s.cond.Signal() // a Read may have to end earlier
	return nil
}

// SetWriteDeadline implements net.Conn. It holds for the Writes that follow.
func (s *muxStream) SetWriteDeadline(t time.Time) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.writeBy = t
	return nil
}
