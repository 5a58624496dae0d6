package netio

import (
	"log/slog"
	"math"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
)

// A PoolConn is an open connection of a [Pool]. Whoever got it must Close it or Put it.
type PoolConn struct {
	net.Conn
	pool   *Pool
	dialed time.Time
	served int  // requests that were sent on it and answered
	used   bool // at least one was
	closed atomic.Bool

	idleSince  time.Time       // while GetOnce needs it
	timer      *time.Timer     // closes it when it has been idle for too long; nil: it never was
	idleProbe  *idleProbe      // nil: it has no descriptor, or was never idle
	background chan readResult // of an idle connection without a descriptor: the result of a read
}

// A readResult is the result of a read of one byte.
type readResult struct {
	n   int
	err error
}

// Close closes the connection, and lets another take its place. It may be called twice, also while
// another goroutine uses the connection.
func (c *PoolConn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	err := c.Conn.Close()
	c.pool.release()
	return err
}

// Put gives back a connection on which a response was whole. It must have no deadline. It is closed
// if it is too old, has carried MaxRequests, or there are enough idle ones.
func (c *PoolConn) Put() {
	c.used = true
	if c.served++; !c.pool.keeps.Load() {
		c.idleSince = time.Now()
		if c.served > 1 {
			c.pool.keeps.Store(true)
		}
	}
	if !c.pool.keep(c) {
		c.Close()
	}
}

// keep gives c to the first that waits, or adds it to the idle ones.
func (p *Pool) keep(c *PoolConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := time.Duration(math.MaxInt64)
	if p.IdleTimeout > 0 {
		limit = p.IdleTimeout
	}
	if p.MaxAge > 0 {
		limit = min(limit, p.MaxAge-time.Since(c.dialed))
	}
	switch {
	case p.MaxIdle <= 0 || p.starving > 0 || limit <= 0 || p.MaxRequests > 0 && c.served >= p.MaxRequests:
		return false
	case p.next(c):
		return true
	case len(p.idle) >= p.MaxIdle:
		return false
	}
	p.idle = append(p.idle, c)
	c.watchIdle()
	switch {
	case limit == math.MaxInt64:
	case c.timer == nil:
		c.timer = time.AfterFunc(limit, func() { p.expire(c) })
	default:
		c.timer.Reset(limit)
	}
	return true
}

// watchIdle has probe tell what becomes of c from now on.
func (c *PoolConn) watchIdle() {
	if c.idleProbe == nil {
		c.idleProbe = newIdleProbe(c.Conn)
	}
	if c.idleProbe == nil {
		c.background = make(chan readResult, 1)
		go c.readByte()
	}
}

// expire closes c if it is idle.
func (p *Pool) expire(c *PoolConn) {
	p.mu.Lock()
	i := slices.Index(p.idle, c)
	if i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		c.Close()
	}
}

// pop returns the idle connection that was used last, or nil.
func (p *Pool) pop() *PoolConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.popLocked()
}

func (p *Pool) popLocked() *PoolConn {
	n := len(p.idle) - 1
	if n < 0 {
		return nil
	}
	c := p.idle[n]
	p.idle = slices.Delete(p.idle, n, n+1)
	if c.timer != nil {
		c.timer.Stop()
	}
	return c
}

// CloseIdle closes the idle connections.
func (p *Pool) CloseIdle() {
	for c := p.pop(); c != nil; c = p.pop() {
		c.Close()
	}
}

// healthy reports whether a connection that was idle can be used again: it is open, and has no
// input. Input would be taken for the next response.
func (c *PoolConn) healthy() bool {
	open, surplus := c.probe()
	if surplus {
		c.pool.Lines.Log(c.pool.Log, ratelimit.Many, slog.LevelWarn, c.pool.Protocol+": bytes beyond a response on a kept connection: it is closed",
			slog.String("backend", c.RemoteAddr().String()))
	}
	return open
}

// probe reports whether the connection is open and has no input, or else whether it has some.
func (c *PoolConn) probe() (open, surplus bool) {
	if c.idleProbe != nil {
		return c.idleProbe.probe()
	}
	if c.background == nil { // it was not idle
		return true, false
	}
	c.SetReadDeadline(time.Unix(1, 0))
	a := <-c.background
	c.background = nil
	c.SetReadDeadline(time.Time{})
	return a.n == 0 && IsTimeout(a.err), a.n > 0
}

// readByte reads the input of a connection that has no descriptor to probe.
func (c *PoolConn) readByte() {
	var b [1]byte
	n, err := c.Read(b[:])
	c.background <- readResult{n, err}
}
