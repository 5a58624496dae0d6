package gateway

import (
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// A parker is a connection whose wait for its next request can be ended without any harm: Parked
// then tells that it was, and when it has waited for long enough; zero is never. Nothing is left in
// it: whoever comes next reads the next request from its first byte. So a connection that has
// served a request, and is then idle for long, needs no more than one that is new.
type parker interface {
	Park() bool
	Parked() (until time.Time, ok bool)
}

// parkEvery is how often idle connections are looked for. One is parked when it has been idle from
// one look to the next.
const parkEvery = time.Second

// ended notes, after Next has returned no request, whether the connection was parked.
func (c *conn) ended() {
	if p, ok := c.inner.(parker); ok {
		c.until, c.parked = p.Parked()
	}
}

// A rest is what a parked connection has instead of a goroutine. The connection's mu guards it.
type rest struct {
	stop  func()      // ends the watch for its next request
	timer *time.Timer // ends it; nil: it may rest for ever
}

// park has c wait for its next request until then: where the system can tell of it in no goroutine
// at all, elsewhere in a new one, which has a small stack.
func (c *conn) park(until time.Time) {
	r := &c.srv.run
	r.mu.Lock()
	delete(r.awake, c)
	r.mu.Unlock()
	c.given.Store(true)
	c.net.SetWriteDeadline(time.Time{})
	c.net.SetReadDeadline(time.Time{})
	raw, _ := c.net.(syscall.Conn).SyscallConn()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inner, c.web, c.begun, c.parked = nil, nil, false, false
	rest := rest{stop: netio.AwaitInput(raw, c.rouse)}
	if rest.stop == nil {
		c.net.SetReadDeadline(until)
		go c.wait()
		return
	}
	if !until.IsZero() {
		rest.timer = time.AfterFunc(time.Until(until), c.expire)
	}
	c.rest = &rest
}

// rouse has c served again: its next request has begun to come, or its end has.
func (c *conn) rouse() {
	if rest := c.awaken(); rest != nil {
		c.srv.run.workers.serve(func() {
			rest.stop()
			c.resume()
		})
	}
}

// expire closes c if it is parked.
func (c *conn) expire() {
	if rest := c.awaken(); rest != nil {
		rest.stop()
		c.drop()
	}
}

// awaken ends c's rest, and returns it to the one who has done so.
func (c *conn) awaken() *rest {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.rest
	if c.rest = nil; rest != nil && rest.timer != nil {
		rest.timer.Stop()
	}
	return rest
}

// wait waits for c's next request, where nobody else does.
func (c *conn) wait() {
	var first [1]byte
	if _, err := c.peek(first[:], 0); err != nil {
		c.drop()
		return
	}
	c.net.SetReadDeadline(time.Time{})
	c.resume()
}

// resume has c's next request served as those before it.
func (c *conn) resume() {
	c.start(func(c *conn) { c.kind(c, c.net) })
}

// wake notes that c may be parked by p, and has that looked after.
func (c *conn) wake(p any) {
	parker, ok := p.(parker)
	if _, socket := c.net.(syscall.Conn); !ok || !socket {
		return
	}
	r := &c.srv.run
	r.mu.Lock()
	defer r.mu.Unlock()
	r.awake[c] = parker
	if !r.parking && !r.closing.Load() {
		r.parking = true
		r.tasks.Go(c.srv.park)
	}
}

// park looks for idle connections as long as there are any that may be parked.
func (s *Server) park() {
	ticker := time.NewTicker(parkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.run.stopped:
			return
		}
		if !s.parkIdle() {
			return
		}
	}
}

// parkIdle parks those that have been idle since it was called last, and reports whether there are
// any left to look after.
func (s *Server) parkIdle() bool {
	r := &s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for c, p := range r.awake {
		if turn := c.turns.Load(); turn != c.seen {
			c.seen = turn
		} else {
			p.Park()
		}
	}
	if r.parking = len(r.awake) > 0; !r.parking {
		r.awake = make(map[*conn]parker) // one that has held many stays large
	}
	return r.parking
}
