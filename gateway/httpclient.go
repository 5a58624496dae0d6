package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// An HTTPClient sends requests to a backend that speaks HTTP. Only Dial must be set. It is a [protocol.RoundTripper], safe for
// concurrent use, and must not be changed once in use. It keeps idle connections for up to 90 s.
//
// The request is what the variables tell: see [protocol.Request.HTTP]. Fields that belong to the front's connection are left out.
// REMOTE_ADDR is added to X-Forwarded-For; X-Forwarded-Proto and X-Forwarded-Host are what the front says of the client.
type HTTPClient struct {
	// Dial connects to the backend.
	Dial func(ctx context.Context) (net.Conn, error)
	// Limits bound a response's head. nil: the defaults.
	Limits *protocol.Limits
	// KeepForwarded leaves Forwarded and the X-Forwarded- fields as they came.
	KeepForwarded bool

	once      sync.Once
	transport *http.Transport
}

func (c *HTTPClient) init() {
	c.once.Do(func() {
		limits := c.Limits.Resolve()
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		c.transport = &http.Transport{
			DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return c.Dial(ctx) },
			DisableCompression:     true,
			MaxIdleConnsPerHost:    64,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: int64(limits.ResponseHead),
			Protocols:              protocols,
			ResponseHeaderTimeout:  limits.FirstByteTimeout,
		}
	})
}

// CloseIdleConnections closes the connections that are kept.
func (c *HTTPClient) CloseIdleConnections() {
	c.init()
	c.transport.CloseIdleConnections()
}

// RoundTrip implements [protocol.RoundTripper].
func (c *HTTPClient) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	c.init()
	hr, err := r.HTTP()
	if err != nil {
		return nil, err
	}
	hr = hr.WithContext(ctx)
	hr.URL.Scheme, hr.URL.Host = "http", "localhost"
	hr.RequestURI = ""
	c.setFields(hr, r)
	for name, values := range hr.Header {
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return nil, &protocol.Error{Protocol: "http", Op: "send request", Kind: protocol.ErrMalformed, Detail: "value of header " + name}
			}
		}
	}
	res, err := c.transport.RoundTrip(hr)
	if err != nil {
		return nil, httpFailed(ctx, "send request", err)
	}
	netio.CleanHeader(res.StatusCode, res.Header)
	body := &httpBody{ReadCloser: res.Body, ctx: ctx}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body.timeout = c.Limits.Resolve().ReadTimeout
	}
	if res.StatusCode == http.StatusSwitchingProtocols { // net/http has let go of the connection, and of the context
		body.stop = context.AfterFunc(ctx, func() { res.Body.Close() })
	}
	return &protocol.Response{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// perConnection are the fields that end with the front's connection.
var perConnection = slices.Collect(protocol.WithheldFields(protocol.ToHTTPBackend))

// setFields makes the header one for the backend.
func (c *HTTPClient) setFields(hr *http.Request, r *protocol.Request) {
	h := hr.Header
	upgrade := h.Get("Upgrade")
	if !httpguts.HeaderValuesContainsToken(h["Connection"], "upgrade") {
		upgrade = ""
	}
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range perConnection {
		delete(h, name)
	}
	if upgrade != "" {
		h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{upgrade}
	}
	if h["User-Agent"] == nil {
		h["User-Agent"] = nil // else net/http sends its own
	}
	if !c.KeepForwarded {
		setForwarded(h, r)
	}
}

// setForwarded tells the backend of the client. What the client says of itself goes no further, but for X-Forwarded-For, whose
// end is ours.
func setForwarded(h http.Header, r *protocol.Request) {
	h.Del("Forwarded")
	if addr := r.Params.Get("REMOTE_ADDR"); addr != "" {
		if before := h.Get("X-Forwarded-For"); before != "" {
			addr = before + ", " + addr
		}
		h.Set("X-Forwarded-For", addr)
	}
	h.Set("X-Forwarded-Proto", r.Scheme())
	if host := r.Host(); host != "" {
		h.Set("X-Forwarded-Host", host)
	} else {
		h.Del("X-Forwarded-Host")
	}
}

// httpFailed gives an error of net/http its kind.
func httpFailed(ctx context.Context, op string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &protocol.Error{Protocol: "http", Op: op, Kind: protocol.ErrAborted, Err: cause}
	}
	if own, ok := errors.AsType[*protocol.Error](err); ok && own.Kind == protocol.ErrUpstream {
		e := *own
		e.Protocol = "http"
		return &e
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("%w: %w", err, os.ErrDeadlineExceeded)
	}
	return &protocol.Error{Protocol: "http", Op: op, Kind: protocol.ErrUpstream, Err: err}
}

// An httpBody is a response's body, after a 101 the connection.
type httpBody struct {
	io.ReadCloser
	ctx  context.Context
	stop func() bool // ends the watch of ctx; nil: there is none

	timeout time.Duration // of a read; 0: none
	late    atomic.Bool   // it has passed
}

// Close ends the exchange.
func (b *httpBody) Close() error {
	if b.stop != nil {
		b.stop()
	}
	return b.ReadCloser.Close()
}

func (b *httpBody) Read(p []byte) (int, error) {
	if b.timeout > 0 {
		timer := time.AfterFunc(b.timeout, func() {
			b.late.Store(true)
			b.ReadCloser.Close()
		})
		defer timer.Stop()
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		if b.late.Load() {
			err = fmt.Errorf("nothing more of the response within %v: %w", b.timeout, os.ErrDeadlineExceeded)
		}
		err = httpFailed(b.ctx, "read response", err)
	}
	return n, err
}

// Write writes to the backend after a 101.
func (b *httpBody) Write(p []byte) (int, error) {
	if w, ok := b.ReadCloser.(io.Writer); ok {
		return w.Write(p)
	}
	return 0, http.ErrNotSupported
}

// CloseWrite ends the writing side after a 101.
func (b *httpBody) CloseWrite() error { return closeWrite(b.ReadCloser) }
