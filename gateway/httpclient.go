package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// An HTTPClient sends requests to a backend that speaks HTTP/1.1. Only Dial must be set. It is a
// [protocol.RoundTripper], safe for concurrent use, and must not be changed once in use. A request
// on a kept connection that turns out to be closed is sent once more on a new one, if nothing of an
// answer came, the body can be had again, and the method is idempotent or the request cannot have
// been read whole. A body can be had again by the request's GetBody, or as long as at most 16 KiB
// of it were read. For backends that close after each response and do not say so, a request that
// may not be sent twice waits until a kept connection has been idle for 100 ms and is still open;
// once that or a second response has shown that the backend keeps connections none does.
//
// The request is what the variables tell: see [protocol.Request.HTTP]. Fields that belong to the
// front's connection are left out. REMOTE_ADDR is added to X-Forwarded-For; X-Forwarded-Proto and
// X-Forwarded-Host are what the front says of the client.
type HTTPClient struct {
	// Dial connects to the backend.
	Dial func(ctx context.Context) (net.Conn, error)
	// Limits bound a response's head, and the waiting for the backend. nil: the defaults.
	Limits *protocol.Limits
	// MaxIdle is how many idle connections are kept for another request. 0: 64; negative: none.
	MaxIdle int
	// MaxOpen is how many connections may be open at once. Requests beyond it wait in turn, for
	// Limits.FirstByteTimeout at most, and then fail with status 503. 0: no limit.
	MaxOpen int
	// MaxAge is how long after it was dialled a connection may carry another request. 0: no limit.
	MaxAge time.Duration
	// MaxRequests is how many requests a connection carries. 0: no limit.
	MaxRequests int
	// IdleTimeout is how long an idle connection is kept. 0: 90 s; negative: no limit.
	IdleTimeout time.Duration
	// KeepForwarded leaves Forwarded and the X-Forwarded- fields as they came.
	KeepForwarded bool
	// Log is told of a response beyond its Content-Length. nil: slog.Default.
	Log *slog.Logger

	conns netio.Pool
}

const (
	defaultMaxIdle     = 64
	defaultIdleTimeout = 90 * time.Second
)

func (c *HTTPClient) pool() *netio.Pool {
	return c.conns.With(netio.PoolOptions{Protocol: "http", Dial: c.Dial, Log: c.Log,
		MaxIdle: cmp.Or(c.MaxIdle, defaultMaxIdle), IdleTimeout: max(cmp.Or(c.IdleTimeout, defaultIdleTimeout), 0),
		MaxOpen: c.MaxOpen, MaxAge: c.MaxAge, MaxRequests: c.MaxRequests})
}

// CloseIdleConnections closes the connections that are kept.
func (c *HTTPClient) CloseIdleConnections() { c.conns.CloseIdle() }

// RoundTrip implements [protocol.RoundTripper]. A body of unknown length is sent in chunks.
func (c *HTTPClient) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	x := &netio.Stream{Exchange: netio.Exchange{Pool: c.pool(), Limits: c.Limits, AnyLength: true}}
	return x.RoundTrip(ctx, r, c.head)
}
