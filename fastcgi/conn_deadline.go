package fastcgi

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A phase is what the reader waits for.
type phase uint8

const (
	forNothing phase = iota // requests are being served: there is no hurry
	forFirst                // the first request
	forRequest              // the next request
	forHead                 // the rest of a request's variables
	forBody                 // bytes that a handler waits for
)

// A readDeadline is the connection's. It is set when the phase changes. What enters the same phase
// later is due later: when the deadline passes, expire looks at all of it again, and the deadline
// is set anew.
type readDeadline struct {
	phase  phase
	stale  bool      // it must be set anew
	at     time.Time // what it is set to unless it is stale; zero: none
	began  time.Time // when the phase did
	served int       // conn.served at that time

	patient bool // it is waited for beyond conn.idleAfter: see expireIdle
}

// await prepares for a read that blocks.
func (c *conn) await() error {
	if c.out.pending.Load() {
		if err := c.out.flush(); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return io.EOF
	case c.looksUp(), c.closing && c.empty():
		return errLookAgain
	}
	if c.heads > 0 {
		c.stamp()
	}
	p := c.phase()
	if d := &c.deadline; p != d.phase || d.stale {
		*d = readDeadline{phase: p, began: time.Now(), served: c.served}
		d.set(c, c.due())
	}
	if p == forFirst || p == forRequest {
		c.out.release()
		c.idle.Store(waiting)
	}
	return nil
}

// looksUp reports whether poke has been called for whoever reads. The lock is held, here and below.
func (c *conn) looksUp() bool {
	was := c.lookUp
	c.lookUp = false
	return was
}

// stamp notes when the requests began whose PARAMS are not whole after all that has come.
func (c *conn) stamp() {
	for _, s := range c.streams {
		if s.state == inHead && s.begun.IsZero() {
			s.begun = time.Now()
		}
	}
}

// phase finds out what the reader waits for.
func (c *conn) phase() phase {
	partial := len(c.in.Buffered()) > 0 || (c.rec.left > 0 || c.rec.padding > 0) && c.rec.sink != toNobody
	switch {
	case c.heads > 0, c.open == 0 && partial:
		return forHead
	case c.open == 0 && c.served == 0:
		return forFirst
	case c.open == 0:
		return forRequest
	case c.waiters > 0:
		return forBody
	}
	return forNothing
}

// due is the time of the next thing to expire; zero means that nothing does.
func (c *conn) due() (t time.Time) {
	lim, d := &c.lim, &c.deadline
	switch {
	case c.open == 0 && d.phase == forRequest:
		t = after(d.began, lim.IdleTimeout)
	case c.open == 0:
		t = after(d.began, lim.HeadTimeout)
	}
	if (d.phase == forFirst || d.phase == forRequest) && !d.patient {
		t = earlier(t, after(d.began, c.idleAfter))
	}
	for _, s := range c.streams {
		if s.state == inHead {
			t = earlier(t, after(s.begun, lim.HeadTimeout))
		}
		for _, f := range s.bodies() {
			if f.waiting {
				t = f.due(t)
			}
		}
	}
	return t
}

// due is the earlier of t and the time until which f's handler waits: its own deadline, if it has
// set one, in place of the limit.
func (f *bodyStream) due(t time.Time) time.Time {
	if f.s.ownRead {
		return earlier(t, f.s.readBy)
	}
	return earlier(t, after(f.since, f.s.c.lim.BodyTimeout))
}

// after is d after from; zero, which is never, where there is no limit.
func after(from time.Time, d time.Duration) (t time.Time) {
	if d > 0 {
		t = from.Add(d)
	}
	return t
}

// earlier is the earlier of two times. Zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// hasten sets the deadline earlier where f's handler, which waits, is due before it. Whoever reads
// may wait for what is due later, or never.
func (c *conn) hasten(f *bodyStream) {
	d := &c.deadline
	by := f.due(d.at)
	switch {
	case d.stale || by.Equal(d.at):
	case c.reader == nobody:
		d.stale = true
	default:
		d.set(c, by)
	}
}

// set sets the deadline.
func (d *readDeadline) set(c *conn, at time.Time) {
	d.at = at
	c.nc.SetReadDeadline(at)
}

// interrupt makes a read that blocks return.
func (d *readDeadline) interrupt(c *conn) {
	d.stale = true
	c.nc.SetReadDeadline(time.Unix(1, 0))
}

// readFailed finds out what an error of the connection means.
func (c *conn) readFailed(err error) error {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return c.expire()
	}
	if err == io.EOF && (len(c.in.Buffered()) > 0 || c.rec.left > 0 || c.rec.padding > 0) {
		return fail(protocol.ErrMalformed, "read record", "the connection ended within a record", io.ErrUnexpectedEOF)
	}
	if err == io.EOF {
		return err
	}
	return fail(protocol.ErrAborted, "read record", "", err)
}

// expire fails what is due now that the deadline has passed, and returns an error if that is the
// connection itself.
func (c *conn) expire() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := &c.deadline
	d.stale = true
	switch {
	case c.closed:
		return io.EOF
	case c.looksUp():
		return errLookAgain
	case c.open > 0:
		now := time.Now()
		for _, s := range c.streams {
			c.expireStream(s, now)
		}
	case d.phase == forFirst:
		return c.expireIdle(c.lim.HeadTimeout)
	case d.phase == forRequest && d.served == c.served:
		return c.expireIdle(c.lim.IdleTimeout)
	case d.phase == forHead:
		return timedOut("read record", "not whole after "+c.lim.HeadTimeout.String())
	}
	return errLookAgain
}

func (c *conn) expireStream(s *stream, now time.Time) {
	if lim := c.lim.HeadTimeout; s.state == inHead && lim > 0 && !now.Before(s.begun.Add(lim)) {
		c.refuseLocked(s, timedOut("read params", "not whole after "+lim.String()))
	}
	lim := c.lim.BodyTimeout
	for _, f := range s.bodies() {
		if f.waiting && lim > 0 && !s.ownRead && !now.Before(f.since.Add(lim)) {
			f.end(timedOut(f.op(), "nothing came for "+lim.String()))
			f.release()
		}
	}
	s.cond.Broadcast()
}

func timedOut(op, detail string) error {
	return &protocol.Error{Protocol: Name, Op: op, Kind: protocol.ErrAborted, Detail: detail, Status: http.StatusRequestTimeout}
}
