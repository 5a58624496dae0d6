package fastcgi

import (
	"io"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// ReturnIdle implements [protocol.IdleReturner].
func (c *conn) ReturnIdle(after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idleAfter = after
}

// expireIdle finds out what it means that no request has come by the deadline: that the connection
// ends, if limit is over, or that it is idle. It is not idle within a record, of which a new Conn
// would know nothing, nor while an answer is being sent: then the wait goes on until the limit.
func (c *conn) expireIdle(limit time.Duration) error {
	d := &c.deadline
	switch {
	case limit > 0 && !time.Now().Before(d.began.Add(limit)):
		return io.EOF
	case c.rec.left > 0 || c.rec.padding > 0 || !c.empty():
		d.patient, d.stale = true, false
		d.set(c, c.due())
		return errLookAgain
	}
	return protocol.ErrIdle
}

// leaveIdle has c hold nothing any more.
func (c *conn) leaveIdle() {
	c.ticker.stop()
	c.grace.stop()
	c.in.Release()
	c.out.release()
}

// The states of conn.idle.
const (
	busy     = iota // a request is being read or served
	waiting         // the reader waits for a request's first byte
	shutDown        // CloseIdle came first
)

// Idle reports whether c waits for a request, with none that is being read or served.
func (c *conn) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.empty() && c.reader != nobody && c.idle.Load() == waiting
}

// CloseIdle implements protocol.Idler.
func (c *conn) CloseIdle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	reading := c.reader != nobody
	switch {
	case c.closed:
		return true
	case !c.empty(), c.err != nil, c.closing, c.out.pending.Load():
		// it is not idle, or ends by itself
		return false
	case !reading && len(c.in.Buffered()) > 0, netio.Pending(netio.Descriptor(c.nc)):
		return false
	case reading && !c.idle.CompareAndSwap(waiting, shutDown):
		return false
	}
	c.closed = true
	c.nc.Close()
	c.next.Signal()
	return true
}
