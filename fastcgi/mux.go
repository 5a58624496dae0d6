package fastcgi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A multiplexer is a Client whose requests share connections: see Client.Multiplex. To its
// exchanges each request has a connection of its own, a muxStream.
type multiplexer Client

// A mux is what a Client has for it.
type mux struct {
	streams netio.Pool // of requests that are open

	mu         sync.Mutex
	conns      []*sharedConn
	dialing    int         // connections that are being made
	maxConns   int         // how many the backend takes; 0: it has not said
	waiting    []chan turn // the first is served first
	plainUntil time.Time   // until then the backend is taken for one that does not multiplex
}

// A turn is what somebody gets who has waited for room on a connection.
type turn struct {
	conn *sharedConn // nil: look again
	err  error       // the dialling that was waited for has failed
}

// Get implements [netio.Source].
func (m *multiplexer) Get(ctx context.Context, limit time.Duration) (*netio.PoolConn, error) {
	return m.get(ctx, limit, false)
}

// Redial implements [netio.Source]. It takes no connection on which another request was answered,
// as far as it can choose: those may all be stale.
func (m *multiplexer) Redial(ctx context.Context, c *netio.PoolConn) (*netio.PoolConn, error) {
	if _, ok := c.Conn.(*muxStream); !ok {
		return (*Client)(m).pool().Redial(ctx, c)
	}
	c.Close()
	return m.get(ctx, m.Limits.Resolve().FirstByteTimeout, true)
}

func (m *multiplexer) get(ctx context.Context, limit time.Duration, fresh bool) (*netio.PoolConn, error) {
	began := time.Now()
	for {
		m.mux.mu.Lock()
		if began.Before(m.mux.plainUntil) {
			m.mux.mu.Unlock()
			return (*Client)(m).pool().Get(ctx, limit)
		}
		c := m.room(fresh)
		if c == nil && m.mayDial() {
			m.startDialing()
			m.mux.mu.Unlock()
			var err error
			if c, err = m.dial(ctx, limit); err != nil {
				return nil, err
			}
		} else if c == nil && m.mux.dialing == 0 && !protocol.IsPatient(ctx) {
			conns := len(m.mux.conns)
			m.mux.mu.Unlock()
			return nil, m.noRoom(ctx, conns, 0)
		} else if c == nil {
			wait := make(chan turn, 1)
			m.mux.waiting = append(m.mux.waiting, wait)
			m.mux.mu.Unlock()
			var err error
			if c, err = m.wait(ctx, wait, limit, began); err != nil {
				return nil, err
			}
		} else {
			m.mux.mu.Unlock()
		}
		if c == nil {
			continue
		}
		if s := c.open(); s != nil {
			return m.mux.streams.Add(s, c.used.Load()), nil
		}
		m.release(c, false) // it broke meanwhile
	}
}

// mayDial reports whether one more connection may be made: there is a place for it, and those that
// are being made have no room for all who wait. The lock is held.
func (m *multiplexer) mayDial() bool {
	x := &m.mux
	if x.dialing > 0 && len(x.waiting) < x.dialing*m.Multiplex-x.dialing {
		return false
	}
	return m.place()
}

// place reports whether there is a place for one more connection. The lock is held.
func (m *multiplexer) place() bool {
	open := len(m.mux.conns) + m.mux.dialing
	return (m.MaxOpen <= 0 || open < m.MaxOpen) && (m.mux.maxConns == 0 || open < m.mux.maxConns)
}

// startDialing has the caller make a connection. Where the backend did not multiplex when it was
// asked last, the others do not wait for the answer. The lock is held.
func (m *multiplexer) startDialing() {
	m.mux.dialing++
	if !m.mux.plainUntil.IsZero() {
		m.mux.plainUntil = time.Now().Add(askTimeout)
	}
}

// dial makes a connection, in which the caller has room. nil says that the backend does not
// multiplex.
func (m *multiplexer) dial(ctx context.Context, limit time.Duration) (*sharedConn, error) {
	nc, err := (*Client)(m).pool().Get(ctx, limit)
	var said capacity
	if err == nil {
		said, err = ask(ctx, nc)
	}
	x := &m.mux
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dialing--
	switch {
	case err != nil && (ctx.Err() != nil || !protocol.IsPatient(ctx)): // others may do better
		m.serve(nil)
	case err != nil:
		m.serveAll(turn{err: err})
	case said.requests < 2:
		nc.Close()
		x.plainUntil = time.Now().Add(said.good)
		m.serveAll(turn{})
		m.closeIdle()
	default:
		c := newSharedConn(m, nc, min(said.requests, m.Multiplex))
		x.maxConns, x.plainUntil = said.conns, time.Time{}
		x.conns = append(x.conns, c)
		c.take()
		if m.serve(c); m.place() {
			m.serve(nil)
		}
		return c, nil
	}
	return nil, err
}

// wait waits until there may be room, which the caller then has if it gets a connection.
func (m *multiplexer) wait(ctx context.Context, mine chan turn, limit time.Duration, began time.Time) (*sharedConn, error) {
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit - time.Since(began))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case t := <-mine:
		return t.conn, t.err
	case <-ctx.Done():
	case <-late:
	}
	x := &m.mux
	x.mu.Lock()
	i := slices.Index(x.waiting, mine)
	if i >= 0 {
		x.waiting = slices.Delete(x.waiting, i, i+1)
	}
	conns := len(x.conns)
	x.mu.Unlock()
	if i < 0 {
		if t := <-mine; t.conn != nil {
			m.release(t.conn, false)
		} else {
			m.again()
		}
	}
	return nil, m.noRoom(ctx, conns, time.Since(began))
}

// aborted is the error of a request whose context has ended before it was sent.
func aborted(ctx context.Context) error {
	e := &protocol.Error{Protocol: Name, Op: "connect", Kind: protocol.ErrAborted, Err: context.Cause(ctx), NotSent: true}
	if ctx.Err() == context.DeadlineExceeded {
		e.Kind = protocol.ErrUpstream
	}
	return e
}

// noRoom is the error of a request that has waited in vain, or must not wait.
func (m *multiplexer) noRoom(ctx context.Context, conns int, waited time.Duration) error {
	if ctx.Err() == context.Canceled {
		return aborted(ctx)
	}
	return &protocol.Error{Protocol: Name, Op: "connect", Kind: protocol.ErrUpstream, Err: context.Cause(ctx), NotSent: true,
		Detail: "no room for a request on " + strconv.Itoa(conns) + " connections for " + waited.Round(time.Millisecond).String(),
		Status: http.StatusServiceUnavailable, RetryAfter: time.Second}
}
