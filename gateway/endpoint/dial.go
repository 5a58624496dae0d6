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

// connectTimeout bounds one attempt to connect to a backend, where the time for a head is not
// shorter.
const connectTimeout = 10 * time.Second

// backlogRetry is when a client may ask again whose backend's backlog was full.
const backlogRetry = time.Second

// A dialer connects to a backend.
type dialer struct {
	network, address string
	limit            time.Duration // Limits.FirstByteTimeout; 0: none
	connect          connectFunc
}

// A connectFunc connects to an address of a network.
type connectFunc func(ctx context.Context, network, address string) (net.Conn, error)

// overNetwork makes a client that dials, under the limits with the URL's timeouts.
func overNetwork(make func(e *Endpoint, o *ClientOptions, d *dialer) (*Client, error)) func(*Endpoint, *ClientOptions) (*Client, error) {
	return func(e *Endpoint, o *ClientOptions) (*Client, error) {
		lim, err := e.limits(o)
		if err != nil {
			return nil, err
		}
		d, err := e.dialer(lim, o.Log)
		if err != nil {
			return nil, err
		}
		return make(e, &ClientOptions{Limits: lim, Log: o.Log}, d)
	}
}

// dialer returns what connects to e under the limits.
func (e *Endpoint) dialer(lim *protocol.Limits, log *slog.Logger) (*dialer, error) {
	d := &dialer{network: e.Network, address: e.Address, limit: lim.Resolve().FirstByteTimeout, connect: e.connect}
	if d.connect == nil {
		nd := net.Dialer{Timeout: connectTimeout}
		if d.limit > 0 {
			nd.Timeout = min(nd.Timeout, d.limit)
		}
		d.connect = nd.DialContext
	}
	config, err := e.callTLS(log)
	if config != nil {
		d.connect = overTLS(d.connect, config, d.limit)
	}
	return d, err
}

// dial connects. A Unix socket whose backlog is full refuses at once with EAGAIN, where TCP would
// wait: it is tried again while the time for a response's head lasts.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	began := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		nc, err := d.connect(ctx, d.network, d.address)
		if !errors.Is(err, syscall.EAGAIN) {
			return nc, err
		}
		if d.limit > 0 {
			left := d.limit - time.Since(began)
			if left <= 0 {
				return nil, d.full(err)
			}
			wait = min(wait, left)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// full is the error of a backlog that has been full for the whole time.
func (d *dialer) full(err error) error {
	return &protocol.Error{Op: "connect", Kind: protocol.ErrUpstream, Err: err, Detail: "the backlog of " + d.address + " was full for " + d.limit.String(),
		Status: http.StatusServiceUnavailable, RetryAfter: backlogRetry}
}
