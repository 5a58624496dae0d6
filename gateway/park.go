package gateway

import (
	"io"
	"syscall"
	"time"
)

// A parker is a protocol.Conn whose Next can be ended while it waits for a request, without any harm: Parked then tells that it was,
// and Next may be called again. So a connection that has served a request, and is then idle for long, waits on a stack as small
// as that of a new one.
type parker interface {
	Park() bool
	Parked() bool
}

// parkEvery is how often idle connections are looked for. One is parked when it has been idle from one look to the next.
const parkEvery = time.Second

// loop has the server's loop serve c, until it ends or is parked.
func (c *conn) loop() {
	c.parked = false
	c.setAwake(true)
	err := c.srv.run.loop.Serve(c.srv.run.ctx, c.guarded())
	if c.parked {
		go c.wait()
		return
	}
	if err != nil {
		c.report(c.name, err)
	}
	c.end()
}

// wait waits for the first byte of c's next request.
func (c *conn) wait() {
	defer c.contain()
	c.setAwake(false)
	c.net.SetReadDeadline(time.Time{})
	var first [1]byte
	if n, ok := c.peek(first[:], c.srv.run.limits.IdleTimeout); ok && n < len(first) {
		c.inner.Close()
		c.end()
		return
	}
	c.loop()
}

// ended is what the loop is told when Next has: a parked connection has come to its end as far as it is concerned.
func (c *conn) ended(err error) error {
	if p, ok := c.inner.(parker); ok && p.Parked() {
		c.parked = true
		return io.EOF
	}
	return err
}

// setAwake notes whether c may be parked, and has that looked after.
func (c *conn) setAwake(awake bool) {
	p, ok := c.inner.(parker)
	if _, socket := c.net.(syscall.Conn); !ok || !socket {
		return
	}
	r := &c.srv.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if !awake {
		delete(r.awake, c)
		return
	}
	r.awake[c] = p
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

// parkIdle parks those that have been idle since it was called last, and reports whether there are any left to look after.
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
	r.parking = len(r.awake) > 0
	return r.parking
}
