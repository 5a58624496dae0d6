package fastcgi

import "time"

// tickTime is how long a request may be served without a read before somebody else reads the
// connection.
const tickTime = time.Millisecond

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
