package fastcgi

import (
	"io"
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
	wasPoked                // the deadline is in the past, to wake the reader
)

// A deadline is the connection's read deadline. It is set when the phase changes. A request that
// enters the phase later is due later: when the deadline passes, expire looks at all of them again.
// A handler that begins to wait for its body in another phase sets it earlier: see hasten.
type deadline struct {
	phase phase
	unset bool      // it must be set anew
	first time.Time // when the phase began
	mark  int       // conn.served at that time
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
	if c.closed {
		return io.EOF
	}
	if d := &c.deadline; d.phase == wasPoked {
		d.phase, d.unset = forNothing, true
		return errPoked
	}
	p := c.phase()
	if c.heads > 0 {
		c.stamp()
	}
	if c.closing && c.empty() {
		return errPoked
	}
	if d := &c.deadline; p != d.phase || d.unset {
		d.first, d.mark = time.Now(), c.served
		d.phase, d.unset = p, false
		c.nc.SetReadDeadline(c.due())
	}
	if p == forRequest || p == forFirst {
		c.out.release()
		c.idle.Store(waiting)
	}
	return nil
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
	partial := len(c.in.buffered()) > 0 || (c.rec.left > 0 || c.rec.padding > 0) && c.rec.sink != toNobody
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
	sooner := func(from time.Time, d time.Duration) {
		if by := from.Add(d); d > 0 && (t.IsZero() || by.Before(t)) {
			t = by
		}
	}
	d := &c.deadline
	switch {
	case d.phase == forFirst:
		sooner(d.first, c.lim.HeadTimeout)
	case d.phase == forRequest:
		sooner(d.first, c.lim.IdleTimeout)
	case d.phase == forHead && c.open == 0:
		sooner(d.first, c.lim.HeadTimeout)
	}
	for _, s := range c.streams {
		if s.state == inHead {
			sooner(s.begun, c.lim.HeadTimeout)
		}
		for _, f := range [...]*bodyStream{&s.stdin, &s.data} {
			if f.waiting {
				if f.since.IsZero() {
					f.since = time.Now()
				}
				sooner(f.since, c.lim.BodyTimeout)
			}
		}
	}
	return t
}

// hasten sets an earlier deadline for a body that has begun to be waited for, while whoever reads
// may wait for what is due later, or never. The lock is held.
func (c *conn) hasten() {
	d := &c.deadline
	switch {
	case d.phase == forBody || d.phase == wasPoked:
	case !c.reading:
		d.unset = true
	default:
		c.nc.SetReadDeadline(c.due())
	}
}

// poke makes a read that blocks return. The lock is held.
func (d *deadline) poke(c *conn) {
	d.phase = wasPoked
	c.nc.SetReadDeadline(time.Unix(1, 0))
}

// expire fails what is due now that the deadline has passed, and returns an error if that is the
// connection itself.
func (c *conn) expire() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := &c.deadline
	if c.closed {
		return io.EOF
	}
	if d.phase == wasPoked {
		d.phase, d.unset = forNothing, true
		return errPoked
	}
	d.unset = true
	now := time.Now()
	switch {
	case d.phase == forFirst, d.phase == forRequest && d.mark == c.served:
		return io.EOF
	case d.phase == forHead && c.open == 0:
		return timedOut("read record", "not whole after "+c.lim.HeadTimeout.String())
	}
	for _, s := range c.streams {
		c.expireStream(s, now)
	}
	return errPoked
}

func (c *conn) expireStream(s *stream, now time.Time) {
	if lim := c.lim.HeadTimeout; s.state == inHead && lim > 0 && !now.Before(s.begun.Add(lim)) {
		c.refuseLocked(s, timedOut("read params", "not whole after "+lim.String()))
	}
	lim := c.lim.BodyTimeout
	for _, f := range [...]*bodyStream{&s.stdin, &s.data} {
		if f.waiting && lim > 0 && !f.since.IsZero() && !now.Before(f.since.Add(lim)) {
			f.end(timedOut(f.op(), "nothing came for "+lim.String()))
			f.release()
		}
	}
	s.cond.Broadcast()
}

func timedOut(op, detail string) error {
	return &protocol.Error{Protocol: Name, Op: op, Kind: protocol.ErrAborted, Detail: detail, Status: http.StatusRequestTimeout}
}
