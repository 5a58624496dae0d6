package endpoint

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// connectTimeout bounds the connecting to a backend, where the request's context does not end earlier.
const connectTimeout = 10 * time.Second

// ClientOptions are what a client takes from its surroundings. nil is all defaults.
type ClientOptions struct {
	Limits *protocol.Limits // nil: the defaults
	Log    *slog.Logger     // for what CGI programs write to standard error, and the like; nil: slog.Default
}

// A Client calls a backend. It is safe for concurrent use. Close it when it is no longer needed.
type Client struct {
	protocol.RoundTripper
	close func() error
}

// Close ends what the client keeps: idle connections, processes.
func (c *Client) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
}

// NewClient returns the client for a URL. It does not connect yet.
func NewClient(url string, o *ClientOptions) (*Client, error) {
	e, err := Parse(url)
	if err != nil {
		return nil, err
	}
	return e.Client(o)
}

// Client returns the client for e. It does not connect yet.
func (e *Endpoint) Client(o *ClientOptions) (*Client, error) {
	switch {
	case e.row.client == nil:
		return nil, e.errorf("%s is for listening: name the protocol that the backend speaks", e.Protocol)
	case e.Network == "fd":
		return nil, e.errorf("a file descriptor is for listening: write %s://HOST:PORT or %[1]s+unix:PATH", e.Protocol)
	case len(e.listens) > 0:
		return nil, e.errorf("option %s is for listening", e.listens[0])
	case o == nil:
		o = new(ClientOptions)
	}
	own := *o
	var err error
	if own.Limits, err = e.limits(o); err != nil {
		return nil, err
	}
	if e.Protocol == "cgi" { // it has these options itself
		own.Limits = o.Limits
	}
	c, err := e.row.client(e, &own)
	if err != nil {
		return nil, err
	}
	if c, err = e.withParams(c); err != nil {
		return nil, err
	}
	return e.withMount(c)
}

// dial connects. A Unix socket whose backlog is full refuses at once, and is tried again while connectTimeout lasts.
func (e *Endpoint) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTimeout}
	began := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		nc, err := d.DialContext(ctx, e.Network, e.Address)
		if !errors.Is(err, syscall.EAGAIN) {
			return nc, err
		}
		if time.Since(began) > connectTimeout {
			return nil, &protocol.Error{Op: "connect", Kind: protocol.ErrUpstream, Err: err,
				Detail: "the backlog of " + e.Address + " is full", Status: http.StatusServiceUnavailable}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
