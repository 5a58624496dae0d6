package gateway

import (
	"errors"
	"os"
	"sync"
	"time"
)

// A webReadDeadline is the read deadline of a webConn. net/http sets it seven times for one
// request. The connection's own is moved only where it is too late: one that is too early is
// noticed when a read meets it, and moved then. All of it is guarded by webIdle's mu.
type webReadDeadline struct {
	wanted time.Time // as net/http or a handler has set it; zero: none
	set    time.Time // the connection's own, never later than wanted

	reading bool // the connection is being read

	// net/http reads one byte while a handler runs, to notice a client that leaves. Until somebody
	// wants to know that, this read rests, which costs neither a system call nor the poller.
	resting bool
	watched bool      // somebody wants to know
	wake    sync.Cond // on webIdle's mu
}

// pastDeadline is how net/http ends a read that waits.
var pastDeadline = time.Unix(1, 0)

// SetReadDeadline implements net.Conn.
func (c *webConn) SetReadDeadline(t time.Time) error {
	c.idle.mu.Lock()
	defer c.idle.mu.Unlock()
	c.noteDeadline(t)
	d := &c.deadline
	d.wanted = t
	if d.resting {
		d.wake.Broadcast()
	}
	switch {
	case c.hijacked.Load(), c.interrupted:
	case t.Equal(pastDeadline) && !d.reading: // the next read sees that
		return nil
	case t.IsZero(), !d.set.IsZero() && !t.Before(d.set):
		return nil
	}
	return c.setReadDeadline(t)
}

// setReadDeadline sets the connection's own deadline. webIdle's mu is held.
func (c *webConn) setReadDeadline(t time.Time) error {
	c.deadline.set = t
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn. net/http calls it for a connection that is being hijacked.
func (c *webConn) SetDeadline(t time.Time) error {
	c.idle.mu.Lock()
	defer c.idle.mu.Unlock()
	c.deadline.wanted, c.deadline.set = t, t
	return errors.Join(c.Conn.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// read reads by the deadline that is wanted.
func (c *webConn) read(p []byte) (n int, err error) {
	if !c.beginRead(len(p) == 1 && c.framing.at == requestLine && c.framing.kept == 0) {
		return 0, os.ErrDeadlineExceeded
	}
	for again := true; again; {
		n, err = c.Conn.Read(p)
		again = c.endRead(n == 0 && errors.Is(err, os.ErrDeadlineExceeded))
	}
	return n, err
}

// beginRead reports whether the connection may be read. A read that is to notice a client that
// leaves, as one of one byte behind a request is, rests first.
func (c *webConn) beginRead(notices bool) bool {
	c.idle.mu.Lock()
	defer c.idle.mu.Unlock()
	d := &c.deadline
	if notices && c.watchable && c.idle.state == inRequest {
		d.resting = true
		c.armIdle(c.idle.after)
		for !d.watched && d.wanted.IsZero() {
			d.wake.Wait()
		}
		d.resting = false
	}
	d.reading = !d.wanted.Equal(pastDeadline)
	return d.reading
}

// endRead reports whether a read that has met the connection's own deadline is to be tried again:
// then that deadline was not the wanted one, and nobody meant to end the read.
func (c *webConn) endRead(met bool) (again bool) {
	c.idle.mu.Lock()
	defer c.idle.mu.Unlock()
	wanted := c.deadline.wanted
	again = met && !c.idle.asked && !c.interrupted && !c.hijacked.Load() && (wanted.IsZero() || wanted.After(time.Now()))
	if again {
		c.setReadDeadline(wanted)
	}
	c.deadline.reading = again
	return again
}

// watch has a client that leaves noticed from now on, or no more.
func (c *webConn) watch(on bool) {
	c.idle.mu.Lock()
	defer c.idle.mu.Unlock()
	c.setWatched(on)
}

func (c *webConn) setWatched(on bool) {
	c.deadline.watched = on
	c.deadline.wake.Broadcast()
}
