package fastcgi

import "time"

// graceTime is how long a full window is left to a handler that does not read.
const graceTime = 50 * time.Millisecond

// A readGrace bounds how long the reader waits for the handler of the only open request to read:
// 50 ms at most. A handler that is blocked in Write does not count as late: Limits.WriteTimeout
// bounds that.
type readGrace struct {
	timer *time.Timer
	on    bool
	seen  int
	spent *stream // whose handler did not read: its body is spilled until it does
	reads int     // of spent
	room  int     // bytes that may be spilled until it is waited for again
	step  int     // the next value of room; it doubles each time
}

// yield has the leader wait while s's handler reads.
func (c *conn) yield(s *stream) {
	c.yielding = s
	s.cond.Broadcast()
	g := &c.grace
	if g.on {
		return
	}
	g.on, g.seen = true, c.activity()
	if g.timer == nil {
		g.timer = time.AfterFunc(graceTime, func() { g.expire(c) })
		return
	}
	g.timer.Reset(graceTime)
}

// unyield lets the leader read again.
func (c *conn) unyield() {
	c.yielding = nil
	c.next.Signal()
}

// firstSpill is how much of a lone request's body is spilled when its handler has been waited for
// once. It is twice as much each time: a handler that was only late, on a busy machine, soon reads
// again.
const firstSpill = 16 << 10

// lost reports whether the handler of f has been waited for long enough to spill n bytes.
func (g *readGrace) lost(f *bodyStream, n int) bool {
	if g.spent != f.s || g.reads != f.s.stdin.reads+f.s.data.reads {
		g.spent, g.step = nil, 0
		return false
	}
	g.room -= n
	return g.room > 0
}

func (g *readGrace) stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}

func (g *readGrace) expire(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.on = false
	s := c.yielding
	if s == nil || c.reading {
		return // a handler that reads calls yield again when it is done
	}
	if g.seen != c.activity() || s.sending.Load() {
		c.yield(s)
		return
	}
	g.spent, g.reads = s, s.stdin.reads+s.data.reads
	g.room = max(g.step, firstSpill)
	g.step = min(2*g.room, 1<<30)
	c.unyield()
}
