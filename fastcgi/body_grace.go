package fastcgi

import "time"

// How long a full window is left to a handler that does not read: one that has not read at all may
// never do so, one that has is slow, or the backend is that it passes the body on to. Where others
// share the connection, they wait meanwhile.
const (
	graceTime       = 50 * time.Millisecond
	slowGraceTime   = 250 * time.Millisecond
	sharedGraceTime = 5 * time.Millisecond
)

// sharedRoom is how many bytes of room the leader waits for where requests share the connection,
// and with it the memory.
const sharedRoom = 4 << 10

// firstSpill is how much of a lone request's body is spilled when its handler has been waited for
// once. It is twice as much each time: a handler that was only late, on a busy machine, soon reads
// again.
const firstSpill = 16 << 10

// A grace is the time for which the leader waits while a window is full: until its handler has
// read, but for the time above at most. A handler that is blocked in Write does not count as late
// where its request is the only one: Limits.WriteTimeout bounds that.
type grace struct {
	body  *bodyStream // whose window is full; nil: the leader does not wait
	timer *time.Timer
	on    bool // the timer runs
	seen  int  // the handler's reads when the timer was started
	reads int  // and when spill and step were set
	spill int  // how many bytes may be spilled until the leader waits again
	step  int  // the next value of spill
}

// awaitRoom waits while f is full and its handler may yet read: not where the handler itself is the
// reader. Where others hold so much in temporary files that n bytes more cannot be spilled, a
// request that is alone waits for as long as it takes. The lock is held, and given up meanwhile.
func (c *conn) awaitRoom(f *bodyStream, n int) {
	g := &c.grace
	for c.isToWait(f, n) {
		if g.body == nil && c.open > 1 {
			g.on = false // what is left of another's time is not enough
		}
		g.body = f
		g.start(c)
		c.next.Wait()
	}
	g.body = nil
}

// isToWait reports whether the leader is to wait until f has room: until half of its window is
// free, where it has waited already.
func (c *conn) isToWait(f *bodyStream, n int) bool {
	g, s := &c.grace, f.s
	if reads := s.reads(); reads != g.reads {
		g.reads, g.spill, g.step = reads, 0, 0
	}
	switch {
	case f.drop, f.ended, c.reader != leader:
		return false
	case c.open > 1:
		least := 1
		if g.body != nil {
			least = min(n, sharedRoom)
		}
		return !f.late && f.spool == nil && f.into == nil && f.room() < least
	case g.body == nil && f.room() > 0, f.halfEmpty(), s.stdin.starves(), s.data.starves():
		return false
	}
	return g.spill <= 0 || c.diskTaken(f, n)
}

// start starts the timer. The lock is held, here and below.
func (g *grace) start(c *conn) {
	if g.on {
		return
	}
	g.on, g.seen = true, g.body.s.reads()
	d := graceTime
	switch {
	case c.open > 1:
		d = sharedGraceTime
	case g.seen > 0:
		d = slowGraceTime
	}
	if g.timer == nil {
		g.timer = time.AfterFunc(d, func() { g.expire(c) })
	} else {
		g.timer.Reset(d)
	}
}

func (g *grace) stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}

func (g *grace) expire(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.on = false
	switch {
	case g.body == nil:
		return
	case c.open > 1:
		g.body.late = true
	case g.seen != g.body.s.reads(), g.body.s.sending.Load():
		g.start(c)
	default:
		g.spill = max(g.step, firstSpill)
		g.step = min(2*g.spill, 1<<30)
	}
	c.next.Signal()
}

// hasRead has the leader go on once f's handler has made room enough, or may have made it for
// another.
func (g *grace) hasRead(f *bodyStream) {
	c := f.s.c
	if g.body != nil && c.open > 1 || g.body == f && (f.halfEmpty() || f.starves() || f.drop || f.ended) {
		c.next.Signal()
	}
}
