package netio

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/lazycontext"
	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// A Pool has a client's connections to one backend. It dials them, bounds how many are open at
// once, and keeps idle ones for further requests. The zero value is ready for use by With. It is
// safe for concurrent use.
type Pool struct {
	once sync.Once
	PoolOptions
	contexts lazycontext.Calls // of its exchanges
	keeps    atomic.Bool       // the backend has shown that it keeps connections: see GetOnce
	// Lines bounds those of Log that tell of surplus: as many requests may lead to one.
	Lines ratelimit.Limiter

	mu       sync.Mutex
	open     int              // connections that are in use, idle or being dialled
	idle     []*PoolConn      // the most recently used is the last
	waiting  []chan *PoolConn // the first is served first; nobody waits while a connection is idle
	starving int              // see pendingReply
}

// PoolOptions are what a Pool needs to know.
type PoolOptions struct {
	Protocol string // for errors and the log
	Dial     func(ctx context.Context) (net.Conn, error)
	Log      *slog.Logger // is told of bytes that nobody asked for; nil: slog.Default

	MaxOpen     int           // how many connections may be open; 0 or less: no limit
	MaxIdle     int           // how many of them may be idle; 0 or less: none is used again
	IdleTimeout time.Duration // an idle connection is closed after it; 0: never
	MaxAge      time.Duration // a connection that was dialled longer ago is closed; 0: no limit
	MaxRequests int           // how many requests a connection carries; 0 or less: no limit
	Serial      bool          // the backend serves a connection at a time: see pendingReply
}

// With returns p, with the options of the first call.
func (p *Pool) With(o PoolOptions) *Pool {
	p.once.Do(func() { p.PoolOptions = o })
	return p
}

// Get returns the idle connection that was used last, or else a new one. If MaxOpen are open it
// waits for one of them, until ctx ends or the limit has passed (0: there is none), where ctx has
// patience: see [protocol.WithPatience]. Whoever waits longest is served first. The error is
// complete.
func (p *Pool) Get(ctx context.Context, limit time.Duration) (*PoolConn, error) {
	c, err := p.acquire(ctx, limit)
	if err != nil {
		return nil, err
	}
	for c != nil && !c.healthy() {
		next := p.pop()
		if next == nil {
			return p.Redial(ctx, c)
		}
		c.Close()
		c = next
	}
	if c == nil {
		return p.dial(ctx)
	}
	return c, nil
}

// Redial closes c, and returns a new connection in its place.
func (p *Pool) Redial(ctx context.Context, c *PoolConn) (*PoolConn, error) {
	if c.closed.Swap(true) { // by the end of ctx, and its place may be another's now
		return nil, wrapError(ctx, p.Protocol, "connect", net.ErrClosed)
	}
	c.Conn.Close()
	return p.dial(ctx)
}

// dial returns a new connection in a place that the caller has.
func (p *Pool) dial(ctx context.Context) (*PoolConn, error) {
	nc, err := p.Dial(ctx)
	if err != nil {
		p.release()
		return nil, wrapError(ctx, p.Protocol, "connect", err)
	}
	return &PoolConn{Conn: nc, pool: p, dialed: time.Now()}, nil
}

// Add returns nc as a connection of p, beside those that p has dialled. used says that requests
// have been answered on what carries it.
func (p *Pool) Add(nc net.Conn, used bool) *PoolConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	return &PoolConn{Conn: nc, pool: p, dialed: time.Now(), used: used}
}

// acquire returns an idle connection, or nil for the place of a new one.
func (p *Pool) acquire(ctx context.Context, limit time.Duration) (*PoolConn, error) {
	p.mu.Lock()
	if c := p.popLocked(); c != nil {
		p.mu.Unlock()
		return c, nil
	}
	if p.MaxOpen <= 0 || p.open < p.MaxOpen {
		p.open++
		p.mu.Unlock()
		return nil, nil
	}
	if !protocol.IsPatient(ctx) {
		p.mu.Unlock()
		return nil, p.allInUse(ctx, 0)
	}
	turn := make(chan *PoolConn, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	began := time.Now()
	select {
	case c := <-turn:
		return c, nil
	case <-ctx.Done():
	case <-late:
	}
	p.leave(turn)
	return nil, p.allInUse(ctx, time.Since(began))
}

// leave gives up waiting. What has come meanwhile is left to the next.
func (p *Pool) leave(turn chan *PoolConn) {
	p.mu.Lock()
	i := slices.Index(p.waiting, turn)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		return
	}
	if c := <-turn; c != nil {
		c.Close()
	} else {
		p.release()
	}
}

// inUseRetry is when a client may ask again for whom there was no connection.
const inUseRetry = time.Second

// allInUse is the error of a request that has waited in vain, or must not wait.
func (p *Pool) allInUse(ctx context.Context, waited time.Duration) error {
	if ctx.Err() == context.Canceled {
		return wrapError(ctx, p.Protocol, "connect", nil)
	}
	return &protocol.Error{Protocol: p.Protocol, Op: "connect", Kind: protocol.ErrUpstream, Err: context.Cause(ctx),
		Detail: "all " + strconv.Itoa(p.MaxOpen) + " connections were in use for " + waited.Round(time.Millisecond).String(),
		Status: http.StatusServiceUnavailable, RetryAfter: inUseRetry}
}

// Open returns how many connections are open.
func (p *Pool) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// release gives the place of a connection to the first that waits.
func (p *Pool) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.next(nil) {
		p.open--
	}
}

// next gives c, or a place for a new connection, to the first that waits. It reports false if
// nobody does. p.mu is held.
func (p *Pool) next(c *PoolConn) bool {
	if len(p.waiting) == 0 {
		return false
	}
	p.waiting[0] <- c
	p.waiting = slices.Delete(p.waiting, 0, 1)
	return true
}
