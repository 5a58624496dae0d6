package netio

import "time"

// starvation is how long a request on a new connection to a Serial backend may hear nothing before
// idle connections are taken to be in its way. Backends like php-fpm serve a connection at a time,
// and a kept one occupies a process until it is closed: where as many are kept as there are
// processes, nobody would come to serve the request.
const starvation = 50 * time.Millisecond

// A pendingReply is a request on a new connection until something of an answer comes.
type pendingReply struct {
	pool  *Pool
	timer *time.Timer
	late  bool // it counts as starving
	ended bool
}

// awaitReply begins the wait for an answer on c, and returns what ends it.
func (c *PoolConn) awaitReply() (end func()) {
	if !c.pool.Serial || c.used {
		return func() {}
	}
	w := &pendingReply{pool: c.pool}
	w.timer = time.AfterFunc(starvation, w.starve)
	return w.end
}

// starve closes the idle connections, and has none kept until w ends.
func (w *pendingReply) starve() {
	w.pool.mu.Lock()
	if w.ended {
		w.pool.mu.Unlock()
		return
	}
	w.late = true
	w.pool.starving++
	w.pool.mu.Unlock()
	w.pool.CloseIdle()
}

// end ends w.
func (w *pendingReply) end() {
	w.timer.Stop()
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	w.ended = true
	if w.late {
		w.pool.starving--
	}
}
