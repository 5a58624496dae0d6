package fastcgi

import (
	"context"
	"log/slog"
	"net"
	"sync"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A Client sends requests over FastCGI, in the role that each names. A connection carries one
// request at a time: many backends (php-fpm, libfcgi) know no more. Only Dial must be set. It is
// safe for concurrent use and must not be changed once in use.
//
// RoundTrip writes what every backend can read: a name-value pair is not split over two records if
// it fits in one, a record has at most 65,528 bytes of content, and CONTENT_LENGTH is always true.
// It reads the response while it sends the request's body.
type Client struct {
	// Dial connects to the backend.
	Dial func(ctx context.Context) (net.Conn, error)

	// Limits bound a response's head and the taking in of a body of unknown length. nil: the
	// defaults. A connection that has been idle for Limits.IdleTimeout is closed.
	Limits *protocol.Limits

	// MaxIdle is how many idle connections are kept for another request (KEEP_CONN). 0 asks the
	// backend to close each: a kept one occupies a process of backends like php-fpm. None is kept
	// while a request on a new connection waits for more than 50 ms for an answer: it may be for
	// such a process.
	//
	// A request on a kept connection that turns out to be closed is sent once more on a new one, if
	// nothing of an answer came, the body can be sent again, and either the method is idempotent,
	// or the request cannot have been read, or Resend is set.
	MaxIdle int

	// Resend lets such a request be sent once more whatever its method. php-fpm wants it for a POST
	// on a kept connection: its children end after pm.max_requests, reading what has come and
	// answering nothing. A backend that read a POST and died of it is then asked again.
	Resend bool

	// Log is told of a response beyond its Content-Length. nil: slog.Default.
	Log *slog.Logger

	// Stderr is called with what the backend writes to FCGI_STDERR, as it comes; the text is the
	// backend's, control characters and all, and good until Stderr returns. Calls for one request
	// come one after another. nil drops it.
	Stderr func(r *protocol.Request, text []byte)

	mu       sync.Mutex
	idle     []*clientConn // the one that was used last is the last
	starving int           // requests that have waited for long on new connections

	awaiting map[*clientConn]chan struct{} // closed when END_REQUEST is no longer awaited
}

// RoundTrip implements [protocol.RoundTripper]. A body of unknown length is taken in first, because
// backends like php-fpm read no more than CONTENT_LENGTH says.
//
// A protocolStatus other than REQUEST_COMPLETE is an ErrUpstream, with status 503 for OVERLOADED
// and CANT_MPX_CONN. So is an end without END_REQUEST, an appStatus other than 0 without an end of
// STDOUT (which is how [Protocol] marks a response that is not whole), and a body short of its
// Content-Length. One beyond it is cut there. A response that has its whole Content-Length has
// ended: END_REQUEST is waited for without it, for Limits.ReadTimeout.
func (c *Client) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	x := &exchange{c: c, ctx: ctx, lim: c.Limits.Resolve()}
	var err error
	if x.request, x.releaseBody, err = netio.Measured(r, c.Limits); err != nil {
		return nil, err
	}
	if err = x.encode(); err != nil {
		x.close()
		return nil, err
	}
	res, err := x.roundTrip()
	if err != nil {
		x.close()
		return nil, netio.NotSent(err, !x.reached)
	}
	return res, nil
}

// roundTrip sends the request on a kept connection or a new one, and reads the response's head.
func (x *exchange) roundTrip() (*protocol.Response, error) {
	if l := x.c.get(); l != nil {
		res, err := x.try(l)
		if err == nil || !x.again() {
			return res, err
		}
		x.drop()
	}
	nc, err := x.c.Dial(x.ctx)
	if err != nil {
		return nil, x.failed("connect", err)
	}
	l := &clientConn{nc: nc}
	l.in.init(nc)
	if x.c.MaxIdle > 0 {
		defer x.c.wait().end()
	}
	return x.try(l)
}

// CloseIdleConnections closes the connections that are kept for another request, and those that
// wait for END_REQUEST after a response that was whole.
func (c *Client) CloseIdleConnections() {
	c.closeIdle()
	c.mu.Lock()
	awaiting := c.awaiting
	c.awaiting = nil
	c.mu.Unlock()
	for l := range awaiting {
		l.close()
	}
	for _, ended := range awaiting {
		<-ended
	}
}

// closeIdle closes the connections that are kept for another request.
func (c *Client) closeIdle() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, l := range idle {
		l.close()
	}
}
