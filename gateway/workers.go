package gateway

// spareMax is how many goroutines without a connection wait for the next. It is more than a busy
// front opens connections at once.
const spareMax = 64

// A workerPool is the goroutines that serve connections. One that is done with its connection is
// given the next, if that comes while few others wait: its stack has grown already, which for a
// front that connects for each request is a tenth of the whole work.
type workerPool struct {
	next  chan func()
	spare chan struct{} // a token for each that waits
	done  <-chan struct{}
}

func newWorkerPool(done <-chan struct{}) *workerPool {
	return &workerPool{next: make(chan func()), spare: make(chan struct{}, spareMax), done: done}
}

// serve runs f in a goroutine, which ends when done is closed.
func (c *workerPool) serve(f func()) {
	select {
	case c.next <- f:
	default:
		go c.work(f)
	}
}

func (c *workerPool) work(f func()) {
	for f != nil {
		f()
		f = c.wait()
	}
}

// wait returns the next connection's work, or nil if there is to be none.
func (c *workerPool) wait() (f func()) {
	select {
	case c.spare <- struct{}{}:
		defer func() { <-c.spare }()
	default:
		return nil
	}
	select {
	case f = <-c.next:
	case <-c.done:
	}
	return f
}
