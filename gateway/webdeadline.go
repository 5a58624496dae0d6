package gateway

import (
	"errors"
	"os"
	"sync"
	"time"
)

// A webReadDeadline is the read deadline of a webConn. net/http sets it seven times for one
// request. The connection's own is moved only where it is too late: one that is too early is
// noticed when a read meets it, and moved then. All of it is guarded by the webConn's mu.
type webReadDeadline struct {
	wanted time.Time // as net/http or a handler has set it; zero: none
	set    time.Time // the connection's own, never later than wanted

	reading bool // the connection is being read

	// net/http reads one byte while a handler runs, to notice a client that leaves. Until somebody
	// wants to know that, this read rests, which costs neither a system call nor the poller.
	resting bool
	watched bool      // somebody wants to know
	wake    sync.Cond // on the webConn's mu
}

// pastDeadline is how net/http ends a read that waits.
var pastDeadline = time.Unix(1, 0)

// SetReadDeadline implements net.Conn.
func (c *webConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noteDeadline(t)
	if c.idle.state == firstByte && c.framing.inHead() { // it came while the response was sent
		t = c.forHead(t)
	}
	d := &c.deadline
	d.wanted = t
	if d.resting {
		d.wake.Broadcast()
	}
	switch {
	case c.hijacked.Load(), c.interrupted:
	case !d.reading && t.Equal(pastDeadline): // the next read sees that
		return nil
	case t.IsZero(), !d.set.IsZero() && !t.Before(d.set):
		return nil
	}
	return c.setReadDeadline(t)
}

// setReadDeadline sets the connection's own deadline. The lock is held.
func (c *webConn) setReadDeadline(t time.Time) error {
	c.deadline.set = t
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn. net/http calls it for a connection that is being hijacked.
func (c *webConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline.wanted, c.deadline.set = t, t
	return errors.Join(c.Conn.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// read reads by the deadline that is wanted, and reports whether it has ended because the
// connection is idle.
func (c *webConn) read(p []byte) (n int, idle bool, err error) {
	may := c.beginRead(len(p), len(p) == 1 && c.framing.at == requestLine && c.framing.kept == 0)
	for again := true; again; {
		err = os.ErrDeadlineExceeded
		if may {
			n, err = c.Conn.Read(p)
		}
		again, idle = c.endRead(n, n == 0 && errors.Is(err, os.ErrDeadlineExceeded))
	}
	return n, idle, err
}

// beginRead reports whether the connection may be read, for size bytes at most. A read that is to
// notice a client that leaves, as one of one byte behind a request is, rests first.
func (c *webConn) beginRead(size int, notices bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, i := &c.deadline, &c.idle
	i.reading = i.state == firstByte && size >= webBuffer
	if i.reading {
		c.armIdle(i.after) // the timer may have run off before the read
	}
	if notices && c.watchable && i.state == inRequest {
		d.resting = true
		c.armIdle(i.after)
		for !d.watched && d.wanted.IsZero() {
			d.wake.Wait()
		}
		d.resting = false
	}
	d.reading = !d.wanted.Equal(pastDeadline)
	return d.reading
}

// endRead reports whether a read that has met the connection's own deadline is to be tried again:
// then that deadline was not the wanted one, and nobody meant to end the read. If not, it reports
// whether the connection is idle.
func (c *webConn) endRead(n int, met bool) (again, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted := c.deadline.wanted
	again = met && !c.idle.asked && !c.interrupted && !c.hijacked.Load() && (wanted.IsZero() || wanted.After(time.Now()))
	c.deadline.reading = again
	if again {
		c.setReadDeadline(wanted)
		return again, false
	}
	return false, c.endsIdle(n, met)
}

// watch has a client that leaves noticed, until the response has been sent.
func (c *webConn) watch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setWatched(true)
}

func (c *webConn) setWatched(on bool) {
	c.deadline.watched = on
	c.deadline.wake.Broadcast()
}
