package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An http2Conn serves one connection of HTTP/2, by a server of net/http's of its own: so one can be
// told to go away while others are served on. It is that server's listener, which has accepted the
// one connection.
type http2Conn struct {
	conn   *conn
	net    net.Conn             // above TLS, if there is some
	tls    *tls.ConnectionState // nil: there is none
	server *http.Server
	once   sync.Once
	taken  bool          // by the server
	closed chan struct{} // the server accepts no more
	ended  chan struct{} // the connection has

	idle atomic.Bool

	mu       sync.Mutex
	handlers sync.WaitGroup
	heads    int64     // bytes of large heads that are held
	over     bool      // no request is given any more
	away     time.Time // when the peer was told that the connection ends
}

// serveHTTP2 serves c, whose connection is nc, until it ends and its handlers have returned.
func (c *conn) serveHTTP2(nc net.Conn) {
	h := &http2Conn{conn: c, net: newHTTP2Framed(c, nc), closed: make(chan struct{}), ended: make(chan struct{})}
	if tc := tlsOf(nc); tc != nil {
		state := tc.ConnectionState()
		h.tls = &state
	}
	h.server = c.srv.newHTTP2Server(h)
	h.idle.Store(true)
	c.enter(served, h)
	if limit := c.srv.run.limits.HeadTimeout; limit > 0 {
		defer time.AfterFunc(limit, h.endUnused).Stop()
	}
	h.server.Serve(h)
	if !h.taken { // a shutdown came first
		h.state(h.net, http.StateClosed)
	}
	<-h.ended
	h.mu.Lock()
	h.over = true
	h.mu.Unlock()
	h.handlers.Wait()
	c.end()
}

// endUnused ends a connection on which no request has come.
func (h *http2Conn) endUnused() {
	if !h.conn.given.Load() {
		h.goAway()
	}
}

// newHTTP2Server returns a server for h alone. The time for a body, and for a response, is that of
// an http2Exchange.
func (s *Server) newHTTP2Server(h *http2Conn) *http.Server {
	r := &s.run
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:                      h,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            r.limits.HeadTimeout,
		IdleTimeout:                  r.limits.IdleTimeout,
		MaxHeaderBytes:               r.limits.ParamBytes,
		Protocols:                    protocols,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: min(r.limits.Requests, mostStreams),
			WriteByteTimeout:     r.limits.WriteTimeout,

			MaxReceiveBufferPerConnection: http2Window,
			MaxReceiveBufferPerStream:     http2Window / 2,
		},
		ErrorLog:    r.webLog(),
		BaseContext: func(net.Listener) context.Context { return r.ctx },
		ConnState:   h.state,
	}
}

// http2Window is how many bytes of bodies that nobody has read yet a connection may hold.
const http2Window = 128 << 10

// mostStreams is what no limit is: HTTP/2 can say no more.
const mostStreams = 1<<31 - 1

// Accept implements [net.Listener].
func (h *http2Conn) Accept() (net.Conn, error) {
	if !h.taken {
		h.taken = true
		return h.net, nil
	}
	<-h.closed
	return nil, net.ErrClosed
}

// Close implements [net.Listener].
func (h *http2Conn) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr implements [net.Listener].
func (h *http2Conn) Addr() net.Addr { return h.net.LocalAddr() }

// state follows the connection.
func (h *http2Conn) state(_ net.Conn, state http.ConnState) {
	h.idle.Store(state == http.StateIdle)
	if state == http.StateClosed {
		h.conn.net.Close()
		h.Close()
		close(h.ended)
	}
}

// Idle reports whether no request is open.
func (h *http2Conn) Idle() bool { return h.idle.Load() }

// goAwayTime is how long a connection that is idle stays open for the frame that says that it ends.
const goAwayTime = 20 * time.Millisecond

// CloseIdle implements [protocol.Idler]. The peer is told first that no further request is served:
// those that it has sent by then it can send elsewhere.
func (h *http2Conn) CloseIdle() bool {
	told := h.goAway()
	if !h.Idle() || told < goAwayTime || h.conn.pending() {
		return false
	}
	h.conn.net.Close()
	return true
}

// goAway has the peer told that the connection ends, and returns how long ago that was.
func (h *http2Conn) goAway() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away.IsZero() {
		h.away = time.Now()
		now, cancel := context.WithCancel(context.Background())
		cancel() // what is open ends in its time
		go h.server.Shutdown(now)
	}
	return time.Since(h.away)
}

// begin notes a request, unless the connection is over.
func (h *http2Conn) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.handlers.Add(1)
	}
	return !h.over
}

// ServeHTTP serves one request.
func (h *http2Conn) ServeHTTP(rw http.ResponseWriter, hr *http.Request) {
	if !h.begin() {
		return
	}
	defer h.handlers.Done()
	h.conn.given.Store(true)
	hr.TLS = h.tls
	s := h.conn.srv
	large := largeHead(hr)
	refused := h.refuses(hr)
	if refused == nil {
		refused = h.hold(large)
	}
	if refused != nil {
		s.refuseRequest(rw, hr, refused, refused.Status, http.StatusText(refused.Status))
		return
	}
	defer h.release(large)
	x := &http2Exchange{ResponseWriter: rw, bodyDeadline: bodyDeadline{control: *http.NewResponseController(rw), limits: &s.run.limits}}
	if hr.Body != nil && hr.Body != http.NoBody {
		hr.Body = &http2Body{hr.Body, x}
	}
	defer x.end()
	s.run.loop.ServeHTTP(x, hr)
}

// refuses returns why no handler gets hr: a tunnel, WebSocket's among them (RFC 8441), is not
// served, and net/http does not count fields.
func (h *http2Conn) refuses(hr *http.Request) *protocol.Error {
	e := &protocol.Error{Protocol: "http", Op: "read head"}
	fields := 0
	for _, values := range hr.Header {
		fields += len(values)
	}
	switch most := h.conn.srv.run.limits.ParamCount; {
	case hr.Method == http.MethodConnect:
		e.Kind, e.Detail, e.Status = protocol.ErrUnsupported, "method "+hr.Method, http.StatusNotImplemented
	case fields > most:
		e.Kind, e.Detail = protocol.ErrTooLarge, protocol.Exceeds(int64(fields), int64(most), "header fields")
		e.Status = http.StatusRequestHeaderFieldsTooLarge
	default:
		return nil
	}
	return e
}
