package fastcgi

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A Client sends requests over FastCGI, in the role that each names. A connection carries one
// request at a time, for many backends (php-fpm, libfcgi) know no more, unless Multiplex is set.
// Only Dial must be set. It is safe for concurrent use and must not be changed once in use.
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
	// nothing of an answer came, the body can be had again, and either the method is idempotent, or
	// the request cannot have been read whole, or Resend is set. A body can be had again by the
	// request's GetBody, or as long as at most 16 KiB of it were read.
	MaxIdle int

	// MaxOpen is how many connections may be open at once, those that are idle and those whose
	// END_REQUEST is still to come among them. Requests beyond it wait in turn, for
	// Limits.FirstByteTimeout at most, and then fail with status 503. 0: no limit.
	MaxOpen int

	// MaxAge is how long after it was dialled a connection may carry another request. 0: no limit.
	MaxAge time.Duration

	// Multiplex is how many requests a connection may carry at once; below 2: one. Each new
	// connection is asked first (GET_VALUES), and carries several only where the backend answers
	// that it can (FCGI_MPXS_CONNS), at most as many as it says (FCGI_MAX_REQS). MaxIdle of them
	// are kept, and one in any case. A backend that answers otherwise, closes, or is mute for a
	// second is used as if Multiplex were 0, and asked again after a minute, or after 5 seconds
	// where it has closed. See the package's documentation.
	Multiplex int

	// MaxRequests is how many requests a connection carries. 0: no limit.
	MaxRequests int

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

	conns netio.Pool
	mux   mux

	mu       sync.Mutex
	awaiting map[*netio.PoolConn]chan struct{} // closed when END_REQUEST is no longer awaited
}

func (c *Client) pool() *netio.Pool {
	return c.conns.With(netio.PoolOptions{Protocol: Name, Dial: c.Dial, Log: c.Log, MaxOpen: c.MaxOpen,
		MaxIdle: c.MaxIdle, IdleTimeout: c.Limits.Resolve().IdleTimeout, MaxAge: c.MaxAge, MaxRequests: c.MaxRequests, Serial: c.MaxIdle > 0})
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
	room := bufpool.KiB4.Get() // nothing of the head is needed any more when its response has come
	defer bufpool.KiB4.Put(room)
	x := &exchange{c: c, head: room[:0], Exchange: netio.Exchange{Pool: c.pool(), Limits: c.Limits, Resend: c.Resend}}
	if c.Multiplex > 1 {
		x.Source = (*multiplexer)(c)
	}
	return x.RoundTrip(ctx, r, x)
}

// CloseIdleConnections closes the connections that are kept for another request, and those that
// wait for END_REQUEST after a response that was whole, or of a request that was given up.
func (c *Client) CloseIdleConnections() {
	c.mu.Lock()
	awaiting := c.awaiting
	c.awaiting = nil
	c.mu.Unlock()
	for conn := range awaiting {
		conn.Close()
	}
	for _, ended := range awaiting {
		<-ended
	}
	c.conns.CloseIdle()
	(*multiplexer)(c).closeAllIdle() // those that carried such a response, too
}
