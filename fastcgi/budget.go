package fastcgi

import (
	"net/http"
	"slices"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A budget is what a connection holds of Limits.ConnMemory and Limits.ConnSpool, in bytes. The connection's lock guards it.
type budget struct {
	memory, spool int64
}

// writersAtOnce is how many handlers may wait for the peer to take their answers before no more are begun.
const writersAtOnce = 4

// paramCost is what a variable takes besides its text.
const paramCost = 32

// spare is how many bytes more may be held in memory ahead of need: half of the limit is left for the variables of other requests. The lock is held, here and below.
func (c *conn) spare() int {
	lim := &c.lim
	return int(max(0, min(int64(lim.ConnMemory)/2-c.holds.memory, lim.TotalMemory-lim.Budget.HoldMemory(0))))
}

// hold counts n bytes more in memory, or fewer.
func (c *conn) hold(n int) {
	c.holds.memory += int64(n)
	c.lim.Budget.HoldMemory(int64(n))
}

// forgetHeads gives back what requests hold that nobody will serve.
func (c *conn) forgetHeads() {
	for _, s := range c.streams {
		if s.state == inHead {
			c.hold(-s.held)
			s.held, s.dead = 0, true // its params are the reader's, who may still be at them
		}
	}
}

// holdSpool counts n bytes more in temporary files, or fewer, and fails if that is too many.
func (c *conn) holdSpool(n int) error {
	c.holds.spool += int64(n)
	total := c.lim.Budget.HoldSpool(int64(n))
	err := error(nil)
	switch lim := &c.lim; {
	case n <= 0:
		return nil
	case c.holds.spool > lim.ConnSpool:
		err = tooMuchHeld("spool body", c.holds.spool, lim.ConnSpool)
	case total > lim.TotalSpool:
		err = tooMuchHeld("spool body", total, lim.TotalSpool)
	default:
		return nil
	}
	c.holds.spool -= int64(n)
	c.lim.Budget.HoldSpool(int64(-n))
	return err
}

// holdParams counts what the variables of s take now. One request alone may have all that Limits.ParamBytes allows.
func (c *conn) holdParams(s *stream, n int) error {
	if s.dead {
		return nil // nobody would give it back
	}
	more := n - s.held
	lim := &c.lim
	others := c.holds.memory - int64(s.held)
	if all := others + int64(n); more > 0 && others > 0 && all > int64(lim.ConnMemory) {
		return tooMuchHeld("read params", all, int64(lim.ConnMemory))
	}
	if all := lim.Budget.HoldMemory(0) + int64(more); more > 0 && all > lim.TotalMemory {
		return tooMuchHeld("read params", all, lim.TotalMemory)
	}
	s.held = n
	c.hold(more)
	return nil
}

// keepParams appends b to what has come of a request's PARAMS. The lock is not held.
func (c *conn) keepParams(s *stream, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.dead {
		return
	}
	if need := len(s.params) + len(b); need > cap(s.params) {
		room := max(need, min(2*cap(s.params), cap(s.params)+c.spare()))
		if err := c.holdParams(s, room); err != nil {
			c.refuseLocked(s, err)
			c.rec.sink = toNobody
			return
		}
		s.params = slices.Grow(s.params, room-len(s.params))
	}
	s.params = append(s.params, b...)
}

func tooMuchHeld(op string, got, limit int64) error {
	return &protocol.Error{Protocol: Name, Op: op, Kind: protocol.ErrTooLarge,
		Detail: protocol.Exceeds(got, limit, "bytes of all requests"), Status: http.StatusServiceUnavailable, RetryAfter: time.Second}
}

// startsWriting counts a handler that may have to wait for the peer to take its answer.
func (s *stream) startsWriting() {
	s.sending.Store(true)
	s.c.writers.Add(1)
}

// stopsWriting ends that. Requests that are ready may have waited for it.
func (s *stream) stopsWriting() {
	s.sending.Store(false)
	c := s.c
	if c.writers.Add(-1) != writersAtOnce-1 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ready) > 0 {
		c.poke()
	}
}

// gives reports whether Next may give a request: none waits where the connection has come to its end.
func (c *conn) gives() bool {
	return len(c.ready) > 0 && (c.writers.Load() < writersAtOnce || c.err != nil || c.closed)
}
