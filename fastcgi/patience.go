package fastcgi

import "time"

// How long a request may be served without a read before somebody else reads the connection, and
// how long a full window is left to a handler that does not read.
const (
	tickTime     = time.Millisecond
	patienceTime = 50 * time.Millisecond
)

// A ticker asks for a leader when a request has been served for a while and nobody reads the
// connection: its peer might have sent another request, or have gone. One timer serves all requests
// of a connection.
type ticker struct {
	timer *time.Timer
	on    bool
	seen  int // requests served and reads, at the last tick
}

// start starts the ticker. The lock is held, here and below.
func (t *ticker) start(c *conn) {
	if t.on || c.more == nil || c.closed {
		return
	}
	t.on, t.seen = true, c.activity()
	if t.timer == nil {
		t.timer = time.AfterFunc(tickTime, func() { t.tick(c) })
		return
	}
	t.timer.Reset(tickTime)
}

func (t *ticker) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

func (t *ticker) tick(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.on = false
	switch {
	case c.closed, c.leading, c.reading, c.open == 0:
	case t.seen != c.activity():
		t.start(c)
	default:
		c.more()
	}
}

// activity changes when a request is given, or a handler reads.
func (c *conn) activity() int {
	n := c.served
	for _, s := range c.streams {
		n += s.stdin.reads + s.data.reads
	}
	return n
}

// readGrace is what the leader has with the handler of the only request: it leaves the reading to
// it, until it has not read for a while. One that waits for its peer to take its answer cannot
// read: it is not blamed, Limits.WriteTimeout bounds that.
type readGrace struct {
	timer *time.Timer
	on    bool
	seen  int
	spent *stream // whose handler did not read: it has lost the leader's patience until it does
	reads int     // of spent
	room  int     // bytes that may be spilled until it is waited for again
	step  int     // the next value of room; it doubles each time
}

// yield has the leader wait while s's handler reads.
func (c *conn) yield(s *stream) {
	c.yielding = s
	s.cond.Broadcast()
	p := &c.patience
	if p.on {
		return
	}
	p.on, p.seen = true, c.activity()
	if p.timer == nil {
		p.timer = time.AfterFunc(patienceTime, func() { p.expire(c) })
		return
	}
	p.timer.Reset(patienceTime)
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
func (p *readGrace) lost(f *bodyStream, n int) bool {
	if p.spent != f.s || p.reads != f.s.stdin.reads+f.s.data.reads {
		p.spent, p.step = nil, 0
		return false
	}
	p.room -= n
	return p.room > 0
}

func (p *readGrace) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

func (p *readGrace) expire(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.on = false
	s := c.yielding
	if s == nil || c.reading {
		return // a handler that reads calls yield again when it is done
	}
	if p.seen != c.activity() || s.sending.Load() {
		c.yield(s)
		return
	}
	p.spent, p.reads = s, s.stdin.reads+s.data.reads
	p.room = max(p.step, firstSpill)
	p.step = min(2*p.room, 1<<30)
	c.unyield()
}
