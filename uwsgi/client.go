package uwsgi

import (
	"context"
	"log/slog"
	"net"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A Client sends requests over uwsgi, each on a connection of its own. Only Dial must be set. It is
// safe for concurrent use and must not be changed once in use.
type Client struct {
	// Dial connects to the backend.
	Dial func(ctx context.Context) (net.Conn, error)
	// Limits bound a response's head, the taking in of a body of unknown length, and the waiting
	// for the backend. nil: the defaults.
	Limits *protocol.Limits
	// MaxOpen is how many connections may be open at once. Requests beyond it wait in turn, for
	// Limits.FirstByteTimeout at most, and then fail with status 503. 0: no limit.
	MaxOpen int
	// Log is told of a response beyond its Content-Length. nil: slog.Default.
	Log *slog.Logger

	conns netio.Pool
}

// bufferSize is uWSGI's default for buffer-size, which bounds a packet without its header.
const bufferSize = 4096

// RoundTrip implements [protocol.RoundTripper]. The packet has r's modifiers. A body of unknown
// length is taken in first: uwsgi must tell its length. Variables of more than 65,535 bytes are
// refused before anything is sent. A response that tells no Content-Length ends with the
// connection, and nothing then tells a whole one from one that was cut.
func (c *Client) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	pool := c.conns.With(netio.PoolOptions{Protocol: "uwsgi", Dial: c.Dial, MaxOpen: c.MaxOpen, Log: c.Log})
	x := &netio.Stream{Exchange: netio.Exchange{Pool: pool, Limits: c.Limits}}
	return x.RoundTrip(ctx, r, func(r *protocol.Request) ([]byte, error) {
		b, err := appendRequest(nil, r)
		if len(b)-HeaderSize > bufferSize {
			x.Hint = "uWSGI takes 4096 bytes unless its buffer-size says more"
		}
		return b, err
	})
}
