package endpoint

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// connectTimeout bounds one attempt to connect to a backend, where neither its URL says another nor
// the time for a head is shorter.
const connectTimeout = 10 * time.Second

// backlogRetry is when a client may ask again whose backend's backlog was full.
const backlogRetry = time.Second

// A dialer connects to a backend.
type dialer struct {
	network, address string
	limit            time.Duration // Limits.FirstByteTimeout; 0: none
	timeout          time.Duration // of one attempt; 0: none
	connect          connectFunc
	instant          bool // connect never waits
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
		own := *o
		own.Limits = lim
		d, err := e.dialer(lim, o)
		if err != nil {
			return nil, err
		}
		c, err := make(e, &own, d)
		if err != nil {
			return nil, err
		}
		return e.withTotalTimeout(c)
	}
}

// dialer returns what connects to e under the limits.
func (e *Endpoint) dialer(lim *protocol.Limits, o *ClientOptions) (d *dialer, err error) {
	d = &dialer{network: e.Network, address: e.Address, limit: lim.Resolve().FirstByteTimeout, timeout: connectTimeout, connect: e.connect}
	if d.limit > 0 {
		d.timeout = min(d.timeout, d.limit)
	}
	if timeout, ok, err := e.duration("connect-timeout"); err != nil {
		return nil, err
	} else if ok {
		d.timeout = max(timeout, 0)
	}
	if d.connect == nil {
		d.connect = o.Connect
	}
	switch {
	case d.connect != nil:
	case e.Network == "unix":
		d.connect, d.instant = netio.DialUnix, true
	default:
		d.connect = new(net.Dialer).DialContext
	}
	if d.connect, err = e.resolving(d.connect, o.LookupHost); err != nil {
		return nil, err
	}
	config, err := e.callTLS(o.Log)
	if config != nil {
		d.connect, d.instant = overTLS(d.connect, config, d.limit), false
	}
	if o.Wrap != nil {
		d.connect, d.instant = d.connect.wrapped(o.Wrap), false
	}
	return d, err
}

// wrapped has wrap wrap what f connects to.
func (f connectFunc) wrapped(wrap func(context.Context, net.Conn) net.Conn) connectFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := f(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wrap(ctx, nc), nil
	}
}

// attempt connects once.
func (d *dialer) attempt(ctx context.Context) (net.Conn, error) {
	if d.timeout > 0 && !d.instant {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, d.timeout)
		defer end()
	}
	return d.connect(ctx, d.network, d.address)
}

// dial connects. A Unix socket whose backlog is full refuses at once with EAGAIN, where TCP would
// wait: it is tried again while the time for a response's head lasts, unless the request can go
// elsewhere.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	began := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		nc, err := d.attempt(ctx)
		switch {
		case !errors.Is(err, syscall.EAGAIN):
			return nc, err
		case !protocol.IsPatient(ctx):
			return nil, d.full(err, "is full")
		case d.limit > 0:
			left := d.limit - time.Since(began)
			if left <= 0 {
				return nil, d.full(err, "was full for "+d.limit.String())
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

// full is the error of a backlog that is full, or has been for the whole time.
func (d *dialer) full(err error, how string) error {
	return &protocol.Error{Op: "connect", Kind: protocol.ErrUpstream, Err: err, Detail: "the backlog of " + d.address + " " + how,
		Status: http.StatusServiceUnavailable, RetryAfter: backlogRetry}
}
