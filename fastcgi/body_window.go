package fastcgi

import (
	"errors"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// window is how much of a stream waits in memory for a handler that does not read it.
const window = 128 << 10

// store puts what has come for a body where its handler will find it: into its window, or what does
// not fit there into a temporary file.
func (c *conn) store(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.rec.body
	c.awaitRoom(f, len(b))
	room := f.room()
	switch {
	case f.drop || f.ended:
		c.rec.sink = toNobody
		return nil
	case room > 0:
		b = b[:min(len(b), room)]
		f.keep(b)
	default:
		c.work.Bytes(len(b))
		c.grace.spill -= len(b)
		if err := f.spill(b); err != nil {
			f.end(err)
			f.release()
			return nil
		}
	}
	c.in.Discard(len(b))
	c.rec.left -= len(b)
	f.s.cond.Broadcast()
	return nil
}

// room is how many bytes more fit into f's window. What follows a temporary file does not.
func (f *bodyStream) room() int {
	if f.spool != nil {
		return 0
	}
	held := len(f.buf) - f.at
	return min(window-held, cap(f.buf)-held+f.s.c.spare())
}

// halfEmpty reports whether at least half of the window is free.
func (f *bodyStream) halfEmpty() bool { return f.spool == nil && f.room() >= len(f.buf)-f.at }

// starves reports whether the handler waits for what is not there.
func (f *bodyStream) starves() bool { return f.waiting && f.held() == 0 }

// keep appends b to what is held in memory.
func (f *bodyStream) keep(b []byte) {
	if f.at > 0 && len(f.buf)+len(b) > cap(f.buf) {
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	if need := len(f.buf) + len(b); need > cap(f.buf) {
		size := max(need, min(2*need, window, cap(f.buf)+f.s.c.spare()))
		f.s.c.hold(size - cap(f.buf))
		f.buf = append(make([]byte, 0, size), f.buf...)
	}
	f.buf = append(f.buf, b...)
}

// spill appends b to the temporary file.
func (f *bodyStream) spill(b []byte) error {
	c := f.s.c
	if err := c.spoolFits(f, int64(len(b))); err != nil {
		return err
	}
	if f.spool == nil {
		f.spool = &protocol.Spool{File: c.lim.Spool, Total: &c.lim}
		c.holds.files++
	}
	f.spooled += int64(len(b))
	c.holds.spool += int64(len(b))
	_, err := f.spool.Write(b)
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		return &protocol.Error{Protocol: Name, Op: f.op(), Kind: e.Kind, Detail: e.Detail, Err: e.Err, Status: e.Status}
	}
	return err
}

// unspool gives the temporary file back.
func (f *bodyStream) unspool() {
	if f.spool != nil {
		f.spool.Close()
		f.s.c.holds.files--
		f.s.c.holds.spool -= f.spooled
		f.spool, f.spooled = nil, 0
	}
}

// How long a full window is left to a handler that does not read: one that has not read at all may
// never do so, one that has is slow, or the backend is that it passes the body on to.
const (
	graceTime     = 50 * time.Millisecond
	slowGraceTime = 250 * time.Millisecond
)

// firstSpill is how much of a lone request's body is spilled when its handler has been waited for
// once. It is twice as much each time: a handler that was only late, on a busy machine, soon reads
// again.
const firstSpill = 16 << 10

// A grace is the time for which the leader waits while the window of the only open request is full:
// until its handler has read, but graceTime or slowGraceTime at most. A handler that is blocked in
// Write does not count as late: Limits.WriteTimeout bounds that.
type grace struct {
	body  *bodyStream // whose window is full; nil: the leader does not wait
	timer *time.Timer
	on    bool // the timer runs
	seen  int  // the handler's reads when the timer was started
	reads int  // and when spill and step were set
	spill int  // how many bytes may be spilled until the leader waits again
	step  int  // the next value of spill
}

// awaitRoom waits while f is full and its handler may yet read: not where requests share the
// connection, nor where the handler itself is the reader. Where others hold so much in temporary
// files that n bytes more cannot be spilled, it waits for as long as it takes. The lock is held,
// and given up meanwhile.
func (c *conn) awaitRoom(f *bodyStream, n int) {
	g := &c.grace
	for c.isToWait(f, n) {
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
	case f.drop, f.ended, c.open > 1, c.reader != leader:
		return false
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
	if g.seen > 0 {
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
	case g.seen != g.body.s.reads(), g.body.s.sending.Load():
		g.start(c)
	default:
		g.spill = max(g.step, firstSpill)
		g.step = min(2*g.spill, 1<<30)
	}
	c.next.Signal()
}

// hasRead has the leader go on once f's handler has made room enough.
func (g *grace) hasRead(f *bodyStream) {
	if g.body == f && (f.halfEmpty() || f.starves() || f.drop || f.ended) {
		f.s.c.next.Signal()
	}
}
