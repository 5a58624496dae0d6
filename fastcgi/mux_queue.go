package fastcgi

import (
	"net"
	"runtime"
	"slices"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// The lock is held in all that follows.

// unqueue takes w, which nobody writes, out of the queue.
func (c *sharedConn) unqueue(w *muxWrite) {
	i := slices.Index(c.queue, w)
	c.queue = slices.Delete(c.queue, i, i+1)
	c.wakeWriter()
}

// wakeWriter has the first in the queue write, if nobody does.
func (c *sharedConn) wakeWriter() {
	if !c.writing && len(c.queue) > 0 {
		c.queue[0].cond.Signal()
	}
}

// writeQueue writes what is in the queue, as much as is written at once. The lock is given up
// meanwhile.
func (c *sharedConn) writeQueue() {
	c.writing = true
	defer func() {
		c.writing = false
		c.wakeWriter()
	}()
	if c.live > 1 && len(c.queue) == 1 { // the others may be about to send, too
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
	}
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	b, by := c.takeQueue(buf[:0])
	if len(b) == 0 {
		return
	}
	c.mu.Unlock()
	c.nc.SetWriteDeadline(by)
	n, err := c.nc.Write(b)
	c.mu.Lock()
	c.wrote(n, err)
}

// takeQueue appends to b what is written at once of the queue, and returns until when that has to
// be done; zero: there is no limit.
func (c *sharedConn) takeQueue(b []byte) (all []byte, by time.Time) {
	later, full := c.queue[:0], false
	for _, w := range c.queue {
		wanted := c.unwanted(w) == nil
		full = full || wanted && len(b)+len(w.records) > cap(b)
		if full || !wanted {
			later = append(later, w)
			continue
		}
		at, until := len(b), w.by
		b = append(b, w.records...)
		if w.s == nil {
			until = time.Now().Add(abortTimeout)
		} else {
			address(b[at:], w.s.id)
			w.s.writing, w.s.begun = true, true
		}
		if by.IsZero() || !until.IsZero() && until.Before(by) {
			by = until
		}
		w.state = leaving
		c.leaving = append(c.leaving, w)
	}
	clear(c.queue[len(later):])
	c.queue = later
	return b, by
}

// wrote says that n bytes of what was taken from the queue were written.
func (c *sharedConn) wrote(n int, err error) {
	for i, w := range c.leaving {
		w.n = min(n, len(w.records))
		if n -= w.n; w.n < len(w.records) {
			w.err = err
		}
		w.state = written
		w.cond.Signal()
		if s := w.s; s != nil {
			if s.writing = false; s.ended && !s.givenUp {
				c.freeIDs = append(c.freeIDs, s.id)
			}
		}
		c.leaving[i] = nil
	}
	c.leaving = c.leaving[:0]
	if err != nil {
		c.writeFailed(err)
	}
}

// writeFailed says that a write has failed. A backend that has closed may have sent answers before:
// they are still read.
func (c *sharedConn) writeFailed(err error) {
	if e, ok := err.(net.Error); ok && e.Timeout() {
		c.failLocked(err)
		return
	}
	c.m.retire(c)
}
