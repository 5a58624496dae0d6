package gateway

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// A web is net/http's server, with the server's listeners in front: they hand it what they have
// accepted and admitted.
type web struct {
	srv    *Server
	server *http.Server
	feed   chan net.Conn
	once   sync.Once
	closed chan struct{} // nothing is fed any more
	done   chan struct{} // the server has ended
}

// startWeb returns the server's web; the first call starts it.
func (s *Server) startWeb() *web {
	r := &s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.web != nil {
		return r.web
	}
	w := &web{srv: s, feed: make(chan net.Conn), closed: make(chan struct{}), done: make(chan struct{})}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	w.server = &http.Server{
		Handler: w,
		// OPTIONS * is the handler's, as over every other protocol.
		DisableGeneralOptionsHandler: true,

		ReadHeaderTimeout: r.limits.HeadTimeout,
		IdleTimeout:       r.limits.IdleTimeout,
		MaxHeaderBytes:    r.limits.ParamBytes,
		Protocols:         protocols,
		ErrorLog:          r.webLog(),
		BaseContext:       func(net.Listener) context.Context { return r.ctx },
		ConnState:         w.state,
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
			return context.WithValue(ctx, webKey{}, webConnOf(nc))
		},
	}
	w.server.SetKeepAlivesEnabled(!r.closing.Load())
	go func() {
		defer close(w.done)
		w.server.Serve(w)
	}()
	r.web = w
	return w
}

// webKey finds a request's webConn in its context.
type webKey struct{}

// Accept implements net.Listener, for net/http.
func (w *web) Accept() (net.Conn, error) {
	select {
	case nc := <-w.feed:
		return nc, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (w *web) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// Addr implements net.Listener. Requests take the connection's own address.
func (w *web) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }

// serveHTTP serves c, whose connection is nc, by HTTP/2 or HTTP/1.
func (c *conn) serveHTTP(nc net.Conn) {
	if nc, ok := c.speaksHTTP2(nc); ok {
		c.serveHTTP2(nc)
	} else {
		c.serveHTTP1(nc)
	}
}

// serveHTTP1 hands c to net/http.
func (c *conn) serveHTTP1(nc net.Conn) {
	w := c.srv.startWeb()
	wc := &webConn{Conn: resettable(nc), conn: c}
	wc.framing.most = c.srv.run.limits.ParamCount
	_, wc.watchable = nc.(syscall.Conn)
	wc.deadline.wake.L = &wc.mu
	wc.out.init(nc, c.srv.run.limits.WriteTimeout)
	wc.waiting.Store(c.state != begun)
	c.serveBy(nc, wc)
	var fed net.Conn = wc
	if tc := tlsOf(nc); tc != nil {
		fed = secureWebConn{wc, tc}
	}
	select {
	case w.feed <- fed:
	case <-w.closed:
		c.drop()
	}
}

// state follows a connection: it ends when net/http closes it or, once hijacked, when its handler
// returns.
func (w *web) state(nc net.Conn, state http.ConnState) {
	wc := webConnOf(nc)
	switch state {
	case http.StateIdle:
		responseWhole(wc.Conn)
		wc.serving.Store(false)
		wc.responseSent()
		wc.conn.given.Store(true)
		wc.waiting.Store(true)
	case http.StateHijacked:
		responseWhole(wc.Conn)
		wc.hijacked.Store(true)
		wc.disarmIdle()
	case http.StateClosed:
		wc.disarmIdle()
		if wc.isIdle() {
			wc.conn.becomeIdle()
			return
		}
		if wc.leaving.Load() {
			return
		}
		wc.Conn.Close() // Close may have left it open
		wc.conn.end()
	}
}

// ServeHTTP serves one request under the server's limits. Full duplex is enabled only when the
// handler asks for it: net/http then does not take in the rest of a body, and panics where it reads
// that rest as the next request.
func (w *web) ServeHTTP(rw http.ResponseWriter, hr *http.Request) {
	wc := hr.Context().Value(webKey{}).(*webConn)
	number := wc.heads.Add(1)
	wc.serving.Store(true)
	t := &webExchange{ResponseWriter: rw, bodyDeadline: bodyDeadline{control: *http.NewResponseController(rw), limits: &w.srv.run.limits}, conn: wc}
	defer t.end()
	// these ask for no resource: a tunnel, or HTTP/2 (RFC 9110 15.6.2, RFC 9113 3.4)
	if hr.Method == http.MethodConnect || hr.Method == "PRI" {
		w.refuse(rw, hr, &protocol.Error{Protocol: "http", Op: "read head", Kind: protocol.ErrUnsupported, Detail: "method " + hr.Method},
			http.StatusNotImplemented, hr.Method+" is not served here")
		return
	}
	if head := wc.refused.Load(); head != nil && head.number == number {
		w.tooLargeHead(rw, hr, wc, head.err)
		return
	}
	if hr.Body != nil && hr.Body != http.NoBody {
		t.body = true
		hr.Body = &webBody{ReadCloser: hr.Body, exchange: t, chunked: hr.ContentLength < 0}
	}
	defer t.noteCut(hr)
	w.srv.run.loop.ServeHTTP(t, hr)
	t.whole = true
}

func (w *web) tooLargeHead(rw http.ResponseWriter, hr *http.Request, wc *webConn, err error) {
	if ok, unlogged := wc.conn.listener.ended.Allow(endsLogged); ok {
		w.srv.run.log.Warn("request failed", "err", err, "listener", wc.conn.listener.name, "peer", peerName(wc), "unlogged", unlogged)
	}
	status := http.StatusRequestHeaderFieldsTooLarge
	w.refuse(rw, hr, err, status, http.StatusText(status))
}
