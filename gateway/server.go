package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// ErrServerClosed is what Serve returns when the server has been told to stop, and the cause with
// which Close ends requests' contexts.
var ErrServerClosed = errors.New("gateway: server closed")

// closedByServer is the cause of what Close ends. A handler that returns it in time still gets its
// 503 out.
var closedByServer = &protocol.Error{Op: "serve", Kind: protocol.ErrAborted, Err: ErrServerClosed, Status: 503}

// A Server serves one handler on any number of listeners and protocols at once. Handler must be
// set; nothing may be changed once a Serve has been called. Its methods may be called from
// anywhere.
type Server struct {
	Handler protocol.Handler
	Limits  *protocol.Limits // of each connection; nil: the defaults
	Log     *slog.Logger     // nil: slog.Default

	// MethodOptional has the handler serve requests without a REQUEST_METHOD, too: see
	// [protocol.Loop].
	MethodOptional bool

	// Observe, if it is set, is told of each request once it is done: see [protocol.Loop]. It is
	// also told of what net/http's server refuses by itself.
	Observe func(*protocol.Request, protocol.Summary)

	// MaxConns bounds the connections of all listeners together; beyond it accepting waits. 0 or
	// less: no limit.
	MaxConns int
	// Allow is the allow-list of listeners that have none of their own: see [Listener]. Empty:
	// loopback.
	Allow AllowList

	once sync.Once
	run  engine
}

// An engine is what a Server needs to run.
type engine struct {
	loop    protocol.Loop
	limits  protocol.Limits // resolved
	each    protocol.Limits // of each connection
	log     *slog.Logger
	ctx     context.Context // every request's derives from it
	cancel  context.CancelCauseFunc
	closing atomic.Bool
	late    atomic.Bool   // closing, and the time for first requests is over
	stopped chan struct{} // closed when closing is set
	// a connection has ended, which a listener that waits for descriptors takes
	freed   chan struct{}
	workers *workerPool
	tasks   sync.WaitGroup // listeners and connections

	mu        sync.Mutex
	room      sync.Cond // on mu: a connection has ended, or closing was set
	listeners map[*activeListener]struct{}
	conns     map[*conn]struct{}
	awake     map[*conn]parker // those that may be parked
	web       *web             // net/http's server, once it is needed

	parking bool // somebody looks after awake

	ready  atomic.Bool // all of the above is set
	totals totals
}

func (s *Server) init() {
	s.once.Do(func() {
		r := &s.run
		r.limits, r.log = s.Limits.Resolve(), s.Log
		if r.log == nil {
			r.log = slog.Default()
		}
		if s.Limits != nil {
			r.each = *s.Limits
		}
		if r.each.Budget == nil {
			r.each.Budget = new(protocol.Budget)
		}
		r.loop = protocol.Loop{Handler: s.Handler, Limits: &r.each, Log: r.log, MethodOptional: s.MethodOptional, Observe: s.Observe}
		r.ctx, r.cancel = context.WithCancelCause(context.Background())
		r.stopped, r.freed = make(chan struct{}), make(chan struct{})
		r.workers = newWorkerPool(r.stopped)
		r.room.L = &r.mu
		r.listeners, r.conns, r.awake = make(map[*activeListener]struct{}), make(map[*conn]struct{}), make(map[*conn]parker)
		r.ready.Store(true)
	})
}

// Serve accepts connections on l and serves them by p, until l fails for good or the server is told
// to stop; then it returns ErrServerClosed. It closes l. Where descriptors or memory run out it
// waits and tries again.
func (s *Server) Serve(l net.Listener, p protocol.Protocol) error {
	return s.listen(l, p.Name(), netio.NewAcceptor(l), by(p).serve)
}

// ServeHTTP is Serve for HTTP/1: net/http's own server, with this server's handler, allow-list,
// limits, log and shutdown.
func (s *Server) ServeHTTP(l net.Listener) error {
	return s.listen(l, "http", nil, kind((*conn).serveHTTP).serve)
}

// ServeAny is Serve for several protocols on one listener: a connection's first two bytes tell
// which of them, or HTTP, it speaks. Each protocol that is a [protocol.Sniffer] is asked, and the
// first one with the best match serves the connection. One that is no Sniffer counts as a weak
// match. What speaks none of them is logged and closed.
func (s *Server) ServeAny(l net.Listener, protocols ...protocol.Protocol) error {
	kinds := sniffedKinds(protocols)
	return s.listen(l, "auto", nil, func(c *conn) { c.serveAny(kinds) })
}

// A conn is one connection that a Server serves. It stands before the protocol's own Conn.
type conn struct {
	srv      *Server
	listener *activeListener
	net      net.Conn

	mu    sync.Mutex
	inner protocol.Conn // nil until the protocol is known, and for HTTP
	web   *webConn      // the connection as net/http has it
	begun bool          // the first bytes have come
	rest  *rest         // nil: it is not parked

	cutting atomic.Bool // by Close

	given  atomic.Bool // inner's Next has given a request
	broken atomic.Bool // inner's peer broke the protocol

	early  []byte    // what has come first, if that was looked at for the protocol
	kind   kind      // how it is served, once that is known
	parked bool      // inner's Next has ended because it was parked
	until  time.Time // when it has then waited for long enough
	turns  atomic.Uint32
	seen   uint32 // of turns, guarded by the server's mu
}

// begin notes a connection, once there is room for it: also while the server is closing, as it was
// accepted before. nil says that the server has been closed.
func (s *Server) begin(l *activeListener, nc net.Conn) *conn {
	c := &conn{srv: s, listener: l, net: nc}
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

// waitForRoom waits until one more connection may be accepted, and reports whether it is to be.
func (s *Server) waitForRoom() bool {
	r := &s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for s.full() && !r.closing.Load() {
		r.room.Wait()
	}
	return !r.closing.Load()
}

// full reports, with mu held, whether there are as many connections as there may be.
func (s *Server) full() bool { return s.MaxConns > 0 && len(s.run.conns) >= s.MaxConns }

// end forgets a connection.
func (c *conn) end() {
	r := &c.srv.run
	r.mu.Lock()
	delete(r.conns, c)
	delete(r.awake, c)
	r.mu.Unlock()
	r.room.Broadcast()
	select {
	case r.freed <- struct{}{}:
	default:
	}
	r.tasks.Done()
}

// drop closes a connection that nothing is served on.
func (c *conn) drop() {
	c.net.Close()
	c.end()
}

// A kind is a way to serve a connection, which is c's and may stand before c.net.
type kind func(c *conn, nc net.Conn)

// serve serves c in this way, and after it was parked too.
func (k kind) serve(c *conn) {
	c.kind = k
	k(c, c.net)
}

// by serves by the protocol p, to the connection's end or until it is parked.
func by(p protocol.Protocol) kind {
	return func(c *conn, nc net.Conn) {
		defer c.contain()
		inner := p.NewConn(nc, &c.srv.run.each)
		c.passEarly(inner)
		c.mu.Lock()
		c.inner = inner
		c.mu.Unlock()
		c.wake(inner)
		err := c.srv.run.loop.Serve(c.srv.run.ctx, c.guarded())
		if c.parked {
			c.park(c.until)
			return
		}
		if err != nil {
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
func (c *conn) passEarly(inner protocol.Conn) {
	e, ok := inner.(earlyReader)
	switch {
	case c.early != nil:
		e.SetPeeked(c.early)
		c.early = nil
	case ok && e.KeepsInput() && c.listener.protocol != "auto":
		c.listener.whole.Store(true)
	}
}
