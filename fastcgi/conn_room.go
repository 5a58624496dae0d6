package fastcgi

// writersAtOnce is how many handlers may wait for the peer to take their answers before no more are
// begun.
const writersAtOnce = 4

// runs counts n handlers more that run, or fewer. Requests that are ready may have waited for it.
func (c *conn) runs(n int) {
	c.running += n
	c.holds.handlers += int64(n) * handlerCost
	c.hold(n * handlerCost)
	if n < 0 && len(c.ready) > 0 {
		c.poke()
	}
}

// hasRoom reports whether one more handler may run. One may always.
func (c *conn) hasRoom() bool {
	lim := &c.lim
	return c.running == 0 || c.writers.Load() < writersAtOnce &&
		c.holds.handlers+handlerCost <= c.forHandlers() &&
		lim.Budget.HoldMemory(0)+handlerCost <= lim.TotalMemory
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

// gives reports whether Next may give a request now. Those that are ready wait for a handler to
// return where there is no room for one more.
func (c *conn) gives() bool { return len(c.ready) > 0 && c.hasRoom() }
