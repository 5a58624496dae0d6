package fastcgi

import (
	"slices"
	"time"
)

// room returns the connection with the fewest requests that has room for one more, which the caller
// then has, or nil. One that a slow reader holds up is taken only where no other can be made, and
// where fresh is set, one on which requests have been answered, too. The lock is held, here and
// below.
func (m *multiplexer) room(fresh bool) *sharedConn {
	var best, worst *sharedConn
	for _, c := range m.mux.conns {
		m.retireOld(c)
		switch {
		case c.retired || c.inUse >= c.limit:
		case c.crowded.Load() || fresh && c.used.Load():
			worst = fewer(worst, c)
		default:
			best = fewer(best, c)
		}
	}
	if best == nil && worst != nil && !m.place() {
		best = worst
	}
	if best != nil {
		best.take()
	}
	return best
}

func fewer(a, b *sharedConn) *sharedConn {
	if a == nil || b.inUse < a.inUse {
		return b
	}
	return a
}

func (m *multiplexer) retireOld(c *sharedConn) {
	if m.MaxAge > 0 && time.Since(c.since) >= m.MaxAge {
		c.retired = true
	}
}

// take has one more request in c.
func (c *sharedConn) take() {
	if c.inUse++; c.inUse == 1 && c.idle != nil {
		c.idle.Stop()
	}
	if c.taken++; c.taken == c.m.MaxRequests {
		c.retired = true
	}
}

// serve gives the room that c has to those who wait. nil has the first of them look again.
func (m *multiplexer) serve(c *sharedConn) {
	x := &m.mux
	for len(x.waiting) > 0 && (c == nil || c.inUse < c.limit && !c.retired) {
		if c != nil {
			c.take()
		}
		x.waiting[0] <- turn{conn: c}
		x.waiting = slices.Delete(x.waiting, 0, 1)
		if c == nil {
			return
		}
	}
}

// serveAll gives t to all who wait.
func (m *multiplexer) serveAll(t turn) {
	for _, w := range m.mux.waiting {
		w <- t
	}
	m.mux.waiting = nil
}

// again has the first who waits look again.
func (m *multiplexer) again() {
	m.mux.mu.Lock()
	defer m.mux.mu.Unlock()
	m.serve(nil)
}

// givesUp says that a request on c is only waited for. The lock is not held, here and below.
func (m *multiplexer) givesUp(c *sharedConn) {
	m.mux.mu.Lock()
	defer m.mux.mu.Unlock()
	c.givenUp++
}

// release says that a request has left c.
func (m *multiplexer) release(c *sharedConn, givenUp bool) {
	x := &m.mux
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.inUse--; givenUp {
		c.givenUp--
	}
	m.retireOld(c)
	m.serve(c)
	if c.inUse > 0 {
		return
	}
	if c.retired || m.idleCount() > max(m.MaxIdle, 1) {
		m.remove(c)
		return
	}
	m.startIdle(c)
}

// idleCount is how many connections carry no request. The lock is held, here and below.
func (m *multiplexer) idleCount() (n int) {
	for _, c := range m.mux.conns {
		if c.inUse == 0 {
			n++
		}
	}
	return n
}

// startIdle has c closed once it has been idle for too long.
func (m *multiplexer) startIdle(c *sharedConn) {
	limit := m.Limits.Resolve().IdleTimeout
	if left := m.MaxAge - time.Since(c.since); m.MaxAge > 0 && (limit <= 0 || left < limit) {
		limit = max(left, 1)
	}
	if limit <= 0 {
		return
	}
	c.idleUntil = time.Now().Add(limit)
	if c.idle == nil {
		c.idle = time.AfterFunc(limit, func() { m.expire(c) })
	} else {
		c.idle.Reset(limit)
	}
}

// expire closes c if it has been idle. The lock is not held.
func (m *multiplexer) expire(c *sharedConn) {
	m.mux.mu.Lock()
	defer m.mux.mu.Unlock()
	if c.inUse == 0 && !time.Now().Before(c.idleUntil) {
		m.remove(c)
	}
}

// retire has c carry no further request: it is closed when those that it carries have ended. The
// lock is not held.
func (m *multiplexer) retire(c *sharedConn) {
	m.mux.mu.Lock()
	defer m.mux.mu.Unlock()
	if c.retired = true; c.inUse == 0 {
		m.remove(c)
	}
}

// remove closes c, and has somebody who waits make another in its place.
func (m *multiplexer) remove(c *sharedConn) {
	c.retired = true
	if c.idle != nil {
		c.idle.Stop()
	}
	c.nc.Close()
	if i := slices.Index(m.mux.conns, c); i >= 0 {
		m.mux.conns = slices.Delete(m.mux.conns, i, i+1)
		m.serve(nil)
	}
}

// closeIdle closes the connections that carry no request, or none but those that were given up, and
// returns them.
func (m *multiplexer) closeIdle() (closed []*sharedConn) {
	for _, c := range slices.Clone(m.mux.conns) {
		if c.inUse == c.givenUp {
			m.remove(c)
			closed = append(closed, c)
		}
	}
	return closed
}

// closeAllIdle closes them, and waits until nothing is read from them any more.
func (m *multiplexer) closeAllIdle() {
	m.mux.mu.Lock()
	closed := m.closeIdle()
	m.mux.mu.Unlock()
	for _, c := range closed {
		<-c.done
	}
}

// failed says that c has failed.
func (m *multiplexer) failed(c *sharedConn) {
	m.mux.mu.Lock()
	defer m.mux.mu.Unlock()
	m.remove(c)
}

// cannot says that the backend has refused a request on c because it does not multiplex, whatever
// it has answered.
func (m *multiplexer) cannot(c *sharedConn) {
	m.mux.mu.Lock()
	defer m.mux.mu.Unlock()
	c.retired = true
	m.mux.plainUntil = time.Now().Add(askAgain)
	m.serveAll(turn{})
}
