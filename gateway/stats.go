package gateway

import "sync/atomic"

// Stats are what a [Server] has to do and has done, over all its listeners. The totals only grow.
// Figures that belong together may be a moment apart.
type Stats struct {
	Conns     int // connections that are open
	IdleConns int // of these, the ones that wait for a request, be it their first

	Serving int64 // requests that are being served, hijacked ones among them

	Accepted int64 // connections that were let in
	Refused  int64 // connections of peers that no allow-list names
	Served   int64 // requests that are done, those refused before any handler among them
	Failed   int64 // of these, the ones with an error: see Err of [protocol.Summary]
}

// Stats may be called at any time, and from anywhere. It takes time in proportion to the
// connections that are open.
func (s *Server) Stats() Stats {
	r := &s.run
	if !r.ready.Load() {
		return Stats{}
	}
	n := Stats{Accepted: r.totals.accepted.Load(), Refused: r.totals.refused.Load()}
	n.Serving, n.Served, n.Failed = r.loop.Requests()
	unseen := r.totals.unseen.Load()
	n.Served += unseen
	n.Failed += unseen
	s.each(func(c *conn) {
		n.Conns++
		if c.idle() {
			n.IdleConns++
		}
	})
	return n
}

// totals count what has been since the start.
type totals struct {
	accepted, refused atomic.Int64 // connections
	unseen            atomic.Int64 // requests that were refused before the Loop
}

// idle reports whether c waits for a request.
func (c *conn) idle() bool {
	c.mu.Lock()
	state, service := c.state, c.service
	c.mu.Unlock()
	if state == served {
		i, ok := service.(interface{ Idle() bool })
		return ok && i.Idle()
	}
	return state != begun
}
