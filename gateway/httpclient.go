package gateway

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// An HTTPClient sends requests to a backend that speaks HTTP/1.1. Only Dial must be set. It is a
// [protocol.RoundTripper], safe for concurrent use, and must not be changed once in use. It keeps
// up to 64 idle connections, each for up to 90 s. A request that fails on a kept connection is sent
// once more on a new one, if nothing of an answer came, the body can be sent again, and the method
// is idempotent or the request cannot have been read.
//
// The request is what the variables tell: see [protocol.Request.HTTP]. Fields that belong to the
// front's connection are left out. REMOTE_ADDR is added to X-Forwarded-For; X-Forwarded-Proto and
// X-Forwarded-Host are what the front says of the client.
type HTTPClient struct {
	// Dial connects to the backend.
	Dial func(ctx context.Context) (net.Conn, error)
	// Limits bound a response's head, and the waiting for the backend. nil: the defaults.
	Limits *protocol.Limits
	// KeepForwarded leaves Forwarded and the X-Forwarded- fields as they came.
	KeepForwarded bool
	// Log is told of a response beyond its Content-Length. nil: slog.Default.
	Log *slog.Logger

	once sync.Once
	pool *netio.Pool
}

// The connections that are kept.
const (
	maxIdle  = 64
	idleTime = 90 * time.Second
)

func (c *HTTPClient) kept() *netio.Pool {
	c.once.Do(func() { c.pool = &netio.Pool{Max: maxIdle, Idle: idleTime} })
	return c.pool
}

// CloseIdleConnections closes the connections that are kept.
func (c *HTTPClient) CloseIdleConnections() { c.kept().Close() }

// RoundTrip implements [protocol.RoundTripper]. A body of unknown length is sent in chunks.
func (c *HTTPClient) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	x := &netio.Exchange{Protocol: "http", Dial: c.Dial, Limits: c.Limits, Log: c.Log, HTTP: c.kept()}
	return x.RoundTrip(ctx, r, c.head)
}
