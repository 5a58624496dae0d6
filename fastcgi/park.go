package fastcgi

import "errors"

// errParked ends a Next that has been asked to end. The connection is as it was: Next may be called again.
var errParked = errors.New("fastcgi: parked")

// Park makes Next return, if it waits for a request on a connection that serves none, and reports whether it has been asked
// to. Next then fails, unless a request has come first; [conn.Parked] tells. So a gateway can let a connection that is idle for long
// wait on a smaller stack.
func (c *conn) Park() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.err != nil || c.open > 0 || !c.leading || !c.reading || c.idle.Load() != waiting {
		return false
	}
	c.parking = true
	c.poke()
	return true
}

// Parked reports whether the last call of Next ended because of Park. The read deadline is then whatever it was.
func (c *conn) Parked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.parked
}

// park reports whether the leader is to leave now: it has been asked to, and nothing has come since. The lock is held, and nobody
// reads.
func (c *conn) park() bool {
	if !c.parking {
		return false
	}
	c.parking = false
	partial := len(c.in.buffered()) > 0 || c.rec.left > 0 || c.rec.padding > 0
	c.parked = c.open == 0 && c.ending == 0 && !partial
	return c.parked
}
