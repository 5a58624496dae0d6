package endpoint

import (
	"context"
	"log/slog"
	"net"

	"github.com/postern-gateway/postern/protocol"
)

// ClientOptions are what a client gets from the program that uses it. nil is all defaults.
type ClientOptions struct {
	Limits *protocol.Limits // nil: the defaults
	// for what CGI programs write to standard error, and the like; nil: slog.Default
	Log *slog.Logger

	// Handler makes the handler of a URL of its client, where one is called: see [NewHandler]. nil:
	// a gateway.Proxy whose Name is the URL.
	Handler func(c *Client, url string) protocol.Handler

	// LookupHost finds the addresses of a host's name, for URLs with resolve=. nil: that of
	// net.DefaultResolver.
	LookupHost func(ctx context.Context, host string) (addrs []string, err error)

	// Connect connects to the backend, at an address as package net has it. nil: a net.Dialer.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
	// Wrap wraps a connection to the backend, within TLS where that is spoken: what goes over what
	// it returns is the protocol's. nil: it is taken as it is.
	Wrap func(ctx context.Context, nc net.Conn) net.Conn
	// KeepForwarded has HTTP's clients leave the fields that tell of a client before us as they
	// are: see [gateway.HTTPClient].
	KeepForwarded bool
}

// A Client calls a backend. It is safe for concurrent use. Close it when it is no longer needed.
type Client struct {
	protocol.RoundTripper
	close func() error
	idle  func() // closes idle connections; nil: none are kept
}

// CloseIdleConnections closes the connections that are kept for another request, for which an
// http.Client asks a [protocol.Transport].
func (c *Client) CloseIdleConnections() {
	if c.idle != nil {
		c.idle()
	}
}

// Close ends what the client keeps: idle connections, processes.
func (c *Client) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
}

// keeping is the Client of one that keeps connections.
func keeping(c interface {
	protocol.RoundTripper
	CloseIdleConnections()
}) *Client {
	return &Client{c, func() error { c.CloseIdleConnections(); return nil }, c.CloseIdleConnections}
}

// by returns c with requests going by rt first.
func (c *Client) by(rt protocol.RoundTripper) *Client { return &Client{rt, c.close, c.idle} }

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
	for _, name := range []string{optionSendfile, optionRedirect} {
		if _, ok := e.last(name); ok {
			return nil, e.errorf("option %s is for a handler, which answers with files: see NewHandler", name)
		}
	}
	return e.client(o)
}

// client is Client also where the backend may name files.
func (e *Endpoint) client(o *ClientOptions) (*Client, error) {
	switch {
	case e.row.handler != nil:
		return nil, e.errorf("%s is served in this process: there is nothing to call", e.Protocol)
	case e.row.client == nil:
		return nil, e.errorf("%s is for listening: name the protocol that the backend speaks", e.Protocol)
	case e.Network == "fd":
		return nil, e.errorf("a file descriptor is for listening: write %s://HOST:PORT or %[1]s+unix:PATH", e.Protocol)
	case len(e.listens) > 0:
		return nil, e.errorf("option %s is for listening", e.listens[0])
	case e.balanced() != "":
		return nil, e.errorf("option %s is for one of several backends", e.balanced())
	case o == nil:
		o = new(ClientOptions)
	}
	c, err := e.row.client(e, o)
	if err != nil {
		return nil, err
	}
	if c, err = e.withParams(c); err != nil {
		return nil, err
	}
	return e.withMount(c)
}
