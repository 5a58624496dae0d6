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
	"github.com/postern-gateway/postern/internal/ratelimit"
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
	// how long a connection waits for its next request until nothing serves it
	idleAfter time.Duration
	tasks     sync.WaitGroup // listeners and connections

	mu        sync.Mutex
	room      sync.Cond // on mu: a connection has ended, or closing was set
	listeners map[*activeListener]struct{}
	conns     map[*conn]struct{}
	web       *web // net/http's server, once it is needed

	webLines ratelimit.Limiter // of what net/http's servers log

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
		r.listeners, r.conns = make(map[*activeListener]struct{}), make(map[*conn]struct{})
		r.idleAfter = idleAfter
		r.ready.Store(true)
	})
}

// Serve accepts connections on l and serves them by p, until l fails for good or the server is told
// to stop; then it returns ErrServerClosed. It closes l, unless l was detached by [Server.Detach]:
// then it returns ErrDetached. Where descriptors or memory run out it waits and tries again. If
// somebody else closes l it may take a second to return.
func (s *Server) Serve(l net.Listener, p protocol.Protocol) error {
	return s.listen(l, p.Name(), netio.NewAcceptor(l), by(p))
}

// ServeHTTP is Serve for HTTP/1 and HTTP/2: net/http's own server, with this server's handler,
// allow-list, limits, log and shutdown.
func (s *Server) ServeHTTP(l net.Listener) error {
	return s.listen(l, "http", nil, (*conn).serveHTTP)
}

// ServeAny is Serve for several protocols on one listener: a connection's first two bytes tell
// which of them, or HTTP, it speaks. Each protocol that is a [protocol.Sniffer] is asked, and the
// first one with the best match serves the connection. One that is no Sniffer counts as a weak
// match. What speaks none of them is logged and closed.
func (s *Server) ServeAny(l net.Listener, protocols ...protocol.Protocol) error {
	return s.listen(l, "auto", nil, byAny(protocols))
}
