package fastcgi

import (
	"errors"
	"io"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

var errConnLost = protocol.ErrGone

// fail ends the reading, and with it every request: none can be taken back any more. The lock is
// held, here and in poke.
func (c *conn) fail(err error) {
	if c.closed {
		err = io.EOF
	}
	if c.err == nil {
		c.err = err
		c.linger = c.linger || errors.Is(err, protocol.ErrMalformed)
	}
	gone := error(errConnLost)
	if err != io.EOF {
		gone = fail(protocol.ErrAborted, "serve", "", err)
	}
	for _, s := range c.streams {
		s.lose(gone)
	}
	c.next.Signal()
}

// poke makes whoever reads, or waits in Next, look at the state of the connection again.
func (c *conn) poke() {
	c.next.Signal()
	if c.reader != nobody {
		c.lookUp = true
		c.deadline.interrupt(c)
	}
}

// Close implements protocol.Conn. It waits for no handler.
func (c *conn) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	linger := c.linger && c.err != io.EOF
	c.fail(io.EOF)
	c.forgetUnserved()
	c.poke()
	c.ticker.stop()
	c.grace.stop()
	reading := c.reader != nobody
	c.mu.Unlock()
	if again {
		return c.nc.Close()
	}
	if !reading {
		c.release() // a drain takes its time, and needs none of it
	}
	if linger && !reading {
		c.drain()
	}
	return c.nc.Close()
}

// cutTime is how long Cut waits for a peer that takes nothing.
const cutTime = 100 * time.Millisecond

// Cut implements protocol.Cutter. A handler that sends is interrupted.
func (c *conn) Cut() {
	o := &c.out
	o.nc.SetWriteDeadline(time.Now().Add(cutTime))
	o.mu.Lock()
	defer o.mu.Unlock()
	c.mu.Lock()
	open := c.open > 0
	c.mu.Unlock()
	if !open {
		return
	}
	o.rawLocked(noRecord[:])
	o.send(nil)
	netio.CutTLS(c.nc, false)
}

func (c *conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reader == nobody {
		c.in.Release()
		c.out.release()
	}
}

// drain has the peer read what it was answered, before a close with unread input destroys that. A
// connection that has no half-close is read until the peer, who has its END_REQUEST, closes it.
func (c *conn) drain() {
	if _, ok := c.nc.(interface{ CloseWrite() error }); ok {
		c.out.nc.Drain()
		return
	}
	netio.Linger(c.nc)
}
