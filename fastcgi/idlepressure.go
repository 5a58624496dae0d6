package fastcgi

import "time"

// starvation is how long a request on a new connection may hear nothing before idle connections are
// taken to be in its way. Backends like php-fpm serve a connection at a time, and a kept one
// occupies a process until it is closed: where as many are kept as there are processes, nobody
// would come to serve the request.
const starvation = 50 * time.Millisecond

// A wait is a request on a new connection until something of an answer comes.
type wait struct {
	c     *Client
	timer *time.Timer
	late  bool // it counts as starving
	ended bool
}

// wait begins one.
func (c *Client) wait() *wait {
	w := &wait{c: c}
	w.timer = time.AfterFunc(starvation, w.starve)
	return w
}

// starve closes the idle connections, and has none kept until w ends.
func (w *wait) starve() {
	w.c.mu.Lock()
	if w.ended {
		w.c.mu.Unlock()
		return
	}
	w.late = true
	w.c.starving++
	w.c.mu.Unlock()
	w.c.closeIdle()
}

// end ends w.
func (w *wait) end() {
	w.timer.Stop()
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.ended = true
	if w.late {
		w.c.starving--
	}
}
