package fastcgi

import (
	"errors"
	"time"
)

// errParked ends a Next that has been asked to end. Nothing that has come is left unserved.
var errParked = errors.New("fastcgi: parked")

// Park makes Next return, if it waits for a request on a connection that serves none, and reports
// whether it has been asked to. Next then fails, unless something has come first; [conn.Parked]
// tells. So a gateway can let go of what a connection takes that is idle for long: it waits for the
// next request by itself, and makes a new Conn for it.
func (c *conn) Park() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.err != nil || c.open > 0 || c.reader != leader || c.idle.Load() != waiting {
		return false
	}
	c.parking = true
	c.poke()
	return true
}

// Parked reports whether the last call of Next ended because of Park, and when the next request is
// due; zero is never. The connection is then the caller's, with whatever deadlines it has.
func (c *conn) Parked() (until time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := c.lim.IdleTimeout
	if c.served == 0 {
		limit = c.lim.HeadTimeout
	}
	if limit > 0 {
		until = c.deadline.began.Add(limit)
	}
	return until, c.parked
}

// park reports whether the leader is to leave now: it has been asked to, and nothing has come
// since. The lock is held, and nobody reads.
func (c *conn) park() bool {
	if !c.parking {
		return false
	}
	c.parking = false
	partial := len(c.in.Buffered()) > 0 || c.rec.left > 0 || c.rec.padding > 0
	if c.parked = c.open == 0 && c.ending == 0 && !partial; c.parked {
		c.ticker.stop()
		c.grace.stop()
		c.in.Release()
		c.out.release()
	}
	return c.parked
}
