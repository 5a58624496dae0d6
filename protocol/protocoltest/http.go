package protocoltest

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// HTTP is the pair that every other is measured by: net/http's server in front of [protocol.Loop],
// and net/http's client.
func HTTP() Pair {
	return Pair{
		Name: "http",
		Has:  Keep | Duplex | Hijack | Informational | CutSeen | NoReason,
		Start: func(tb testing.TB, site *Site) protocol.RoundTripper {
			ServeHTTP(tb, site)
			return Connect(tb, func(dial Dial, lim *protocol.Limits) protocol.RoundTripper {
				return &HTTPClient{Dial: dial, Limits: lim}
			}, site)
		},
	}
}

// ServeHTTP serves site by net/http until the test ends.
func ServeHTTP(tb testing.TB, site *Site) {
	server := &http.Server{Handler: &site.Loop, ErrorLog: log.New(io.Discard, "", 0), DisableGeneralOptionsHandler: true}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(site.Listener)
	}()
	tb.Cleanup(func() {
		server.Close()
		<-served
	})
}

// An HTTPClient is plain HTTP as a [protocol.RoundTripper]. Variables that are neither a header
// field nor part of the request's line are not sent.
type HTTPClient struct {
	Dial   Dial
	Limits *protocol.Limits

	once      sync.Once
	transport http.Transport
}

// RoundTrip implements [protocol.RoundTripper].
func (c *HTTPClient) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	hr, err := outgoing(ctx, r)
	if err != nil {
		return nil, err
	}
	res, err := c.ready().RoundTrip(hr)
	if err != nil {
		return nil, httpFailed(ctx, "read response head", err)
	}
	return &protocol.Response{Status: res.StatusCode, Header: res.Header, Body: c.body(ctx, res)}, nil
}

// outgoing makes an *http.Request of r.
func outgoing(ctx context.Context, r *protocol.Request) (*http.Request, error) {
	hr, err := r.WithContext(ctx).HTTP()
	if err != nil {
		return nil, err
	}
	for name, values := range hr.Header {
		if wrong := protocol.BadField(name, values); wrong != "" {
			return nil, &protocol.Error{Protocol: "http", Op: "write request", Kind: protocol.ErrMalformed, Detail: wrong}
		}
	}
	hr.URL.Scheme, hr.URL.Host, hr.RequestURI = "http", "backend", ""
	if hr.URL.Path == "*" {
		hr.URL.Path, hr.URL.Opaque = "", "*"
	}
	hr.TLS = nil
	if _, ok := hr.Header["User-Agent"]; !ok {
		hr.Header["User-Agent"] = nil
	}
	return hr, nil
}

// ready sets the transport up.
func (c *HTTPClient) ready() *http.Transport {
	c.once.Do(func() {
		c.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return c.Dial(ctx) }
		c.transport.DisableCompression = true
		c.transport.MaxResponseHeaderBytes = int64(c.Limits.Resolve().ResponseHead)
	})
	return &c.transport
}

// body wraps what the transport gives, so that its errors have their kinds.
func (c *HTTPClient) body(ctx context.Context, res *http.Response) io.ReadCloser {
	b := httpBody{ReadCloser: res.Body, ctx: ctx}
	if w, ok := res.Body.(io.ReadWriteCloser); ok {
		return switched{httpBody: b, Writer: w}
	}
	return b
}

type httpBody struct {
	io.ReadCloser
	ctx context.Context
}

func (b httpBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = httpFailed(b.ctx, "read response", err)
	}
	return n, err
}

// switched is the connection, after a 101.
type switched struct {
	httpBody
	io.Writer
}

func httpFailed(ctx context.Context, op string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &protocol.Error{Protocol: "http", Op: op, Kind: protocol.ErrAborted, Err: cause}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		op = "connect"
	}
	return &protocol.Error{Protocol: "http", Op: op, Kind: protocol.ErrUpstream, Err: err}
}

// CloseIdleConnections closes what is kept.
func (c *HTTPClient) CloseIdleConnections() { c.transport.CloseIdleConnections() }
