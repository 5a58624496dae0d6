package gateway

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A conn is one connection that a Server serves. Its life is this file, from top to bottom. It is a
// [protocol.Conn], which stands before the protocol's own.
type conn struct {
	srv      *Server
	listener *activeListener
	net      net.Conn
	kind     kind           // how it is served; at first how that is found out
	early    []byte         // what has come first, if that was looked at for the protocol
	first    [sniffLen]byte // the first bytes of the request, as far as they were looked at
	inner    protocol.Conn  // the protocol's own, for the Loop; nil where net/http serves
	until    time.Time      // when it has been idle for long enough

	given   atomic.Bool // a request has been given to the handler
	broken  atomic.Bool // the peer broke the protocol
	cutting atomic.Bool // Server.Close ends it

	mu      sync.Mutex
	state   connState
	service any       // in the state served: inner, or net/http's webConn
	wait    *idleWait // in the state idle, where that takes no goroutine
}

// A connState is the state of a connection.
type connState uint8

// A connection goes through its states in this order, and from idle back to begun.
const (
	accepted connState = iota // nothing has come
	begun                     // the first bytes of a request have
	served                    // by its service
	idle                      // it waits for its next request, which nothing serves
)

// enter notes the state of c and what serves it.
func (c *conn) enter(s connState, service any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state, c.service = s, service
}

// begin notes a connection that was accepted, once there is room for it: also while the server is
// closing. nil says that the server has been closed.
func (s *Server) begin(l *activeListener, nc net.Conn) *conn {
	c := &conn{srv: s, listener: l}
	c.net, c.kind = l.plain(nc)
	r := &s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for s.full() && r.ctx.Err() == nil {
		r.room.Wait()
	}
	if r.ctx.Err() != nil {
		return nil
	}
	r.conns[c] = struct{}{}
	r.tasks.Add(1)
	return c
}

// start waits for the first bytes of c's first or next request, which costs less memory here than
// further down, and has c served. If they do not come in time c is closed.
func (c *conn) start() {
	k := peeking{p: c.first[:], whole: c.listener.whole.Load()}
	n, err := c.peekBy(&k, c.srv.run.limits.HeadTimeout)
	if err != nil && err != errNoSocket && (n == 0 || err != io.EOF) {
		c.reportLate(n)
		c.drop()
		return
	}
	if err != errNoSocket {
		c.enter(begun, nil)
	}
	if k.whole && err == nil {
		c.early = k.p
	}
	c.kind(c, c.net)
}

// A kind is a way to serve a connection, which is nc and may stand before c.net. It returns when
// the connection has ended or is idle, or when somebody else serves it.
type kind func(c *conn, nc net.Conn)

// by serves by the protocol p.
func by(p protocol.Protocol) kind {
	return func(c *conn, nc net.Conn) {
		defer c.contain()
		c.inner = p.NewConn(nc, &c.srv.run.each)
		c.passEarly()
		c.serveBy(nc, c.inner)
		err := c.srv.run.loop.Serve(c.srv.run.ctx, c)
		switch err {
		case protocol.ErrIdle:
			c.becomeIdle()
			return
		case nil:
		default:
			c.report(p.Name(), err)
		}
		c.end()
	}
}

// An earlyReader is a protocol's Conn to which may be given what has come first, when somebody has
// looked for that by [netio.PeekFirst].
type earlyReader interface {
	KeepsInput() bool
	SetPeeked(piece []byte)
}

// passEarly gives inner what has come first on c, if that was looked at. If not, and the listener's
// connections are all of inner's kind, that is done with its next ones.
func (c *conn) passEarly() {
	e, ok := c.inner.(earlyReader)
	switch {
	case c.early != nil:
		e.SetPeeked(c.early)
		c.early = nil
	case ok && e.KeepsInput() && c.listener.protocol != "auto":
		c.listener.whole.Store(true)
	}
}

// serveBy notes what serves c from now on, by nc, and has it tell when c is idle. What is not a
// socket cannot be waited for without reading, and stays with its service.
func (c *conn) serveBy(nc net.Conn, service any) {
	if r, ok := service.(protocol.IdleReturner); ok {
		if _, socket := nc.(syscall.Conn); socket {
			r.ReturnIdle(c.srv.run.idleAfter)
		}
	}
	c.enter(served, service)
}

// Unwrap gives the Loop the protocol's own Conn, for what it is besides.
func (c *conn) Unwrap() protocol.Conn { return c.inner }

// Next implements [protocol.Conn]. Once the server is closing it gives the first request, and those
// that have come by the end of the one before; when first requests are late, no other: so a
// connection ends also where requests come without a pause.
func (c *conn) Next(ctx context.Context) (*protocol.Request, protocol.Encoder, error) {
	r := &c.srv.run
	if r.closing.Load() && c.given.Load() && (r.late.Load() || closeService(c.inner)) {
		return nil, nil, io.EOF
	}
	req, enc, err := c.inner.Next(ctx)
	if noRequest(err) {
		c.broken.Store(true)
	}
	if enc != nil {
		c.given.Store(true)
	}
	return req, enc, err
}

// Close implements [protocol.Conn].
func (c *conn) Close() error {
	if c.broken.Load() {
		throttle.End()
	}
	return c.inner.Close()
}

// drop closes a connection that nothing serves.
func (c *conn) drop() {
	c.net.Close()
	c.end()
}

// end forgets a connection.
func (c *conn) end() {
	r := &c.srv.run
	r.mu.Lock()
	delete(r.conns, c)
	r.mu.Unlock()
	r.room.Broadcast()
	select {
	case r.freed <- struct{}{}:
	default:
	}
	r.tasks.Done()
}
