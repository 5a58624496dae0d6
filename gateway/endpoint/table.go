package endpoint

import (
	"slices"
	"strings"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// A row is what there is to know of a protocol.
type row struct {
	name string
	port string // taken where a URL has none; empty: it must have one
	// path says how its URLs are written, where their address is a file; empty: it is a network's
	path string

	// serve serves it on a listener; nil: one cannot listen for it.
	serve func(s *gateway.Server, l *Listener) error
	// client makes its client; nil: it cannot be called.
	client func(e *Endpoint, o *ClientOptions) (*Client, error)
	// handler makes the handler of what is served in this process; nil: a client is called.
	handler func(e *Endpoint, o *ClientOptions) (*Handler, error)
	// options are what its URLs may say for calling.
	options []string
	// tracer decodes its wire; nil: it has none of its own.
	tracer protocol.Tracer
	// over is the scheme of the same without TLS; empty: it has none.
	over string
}

// table has a row for each scheme.
var table = withSecure([]row{
	{name: "auto", serve: func(s *gateway.Server, l *Listener) error { return s.ServeAny(l.Listener, protocols(s, l)...) }},
	{name: "cgi", path: "cgi:FILE or cgi:DIRECTORY/", client: newCGI, options: cgiOptions()},
	{name: "fastcgi", serve: serveFastCGI, client: overNetwork(newFastCGI), options: called("keep", "max-age", "max-requests", "idle-timeout", "mux", "resend", "param"), tracer: fastcgi.Protocol{}},
	{name: "files", path: "files:DIRECTORY/", handler: newFiles, options: filesOptions()},
	{name: "http", port: "80", serve: func(s *gateway.Server, l *Listener) error { return s.ServeHTTP(l.Listener) }, client: overNetwork(newHTTP), options: called("keep", "max-age", "max-requests", "idle-timeout"), tracer: gateway.HTTPTracer{}},
	{name: "php", path: "php:DIRECTORY/?fpm=URL", handler: newPHP, options: phpOptions()},
	{name: "scgi", serve: func(s *gateway.Server, l *Listener) error { return s.Serve(l.Listener, scgi.Protocol{}) }, client: overNetwork(newSCGI), options: called("param"), tracer: scgi.Protocol{}},
	{name: "uwsgi", serve: func(s *gateway.Server, l *Listener) error { return s.Serve(l.Listener, l.UWSGI) }, client: overNetwork(newUWSGI), options: called("param"), tracer: uwsgi.Protocol{}},
})

// called are the options of a client that calls over a network: its own, and those that each has.
func called(own ...string) []string {
	return slices.Concat(own, []string{"max-open", "mount", optionSendfile, optionRedirect}, timeouts, connecting, balancing)
}

// protocols are those that auto tells apart, besides HTTP.
func protocols(s *gateway.Server, l *Listener) []protocol.Protocol {
	return []protocol.Protocol{fastcgi.Protocol{MaxConns: s.MaxConns}, scgi.Protocol{}, l.UWSGI}
}

func find(name string) *row {
	for i := range table {
		if table[i].name == name {
			return &table[i]
		}
	}
	return nil
}

// schemes are the names of the table for an error's text, and those that are none of a network.
func schemes() (all, files string) {
	var names, local []string
	for i := range table {
		names = append(names, table[i].name)
		if table[i].path != "" {
			local = append(local, table[i].name)
		}
	}
	return strings.Join(names, ", "), strings.Join(local, " and ")
}

func newHTTP(e *Endpoint, o *ClientOptions, d *dialer) (*Client, error) {
	l, err := e.connLimits()
	if err != nil {
		return nil, err
	}
	c := &gateway.HTTPClient{Dial: d.dial, Limits: o.Limits, Log: o.Log, MaxOpen: l.maxOpen, MaxAge: l.maxAge,
		MaxRequests: l.maxRequests, IdleTimeout: l.idle, KeepForwarded: o.KeepForwarded}
	if l.maxIdle != keepUnset {
		c.MaxIdle = max(l.maxIdle, -1)
	}
	if l.maxIdle == 0 {
		c.MaxIdle = -1 // 0 is the default there
	}
	return keeping(c), nil
}

func newSCGI(e *Endpoint, o *ClientOptions, d *dialer) (*Client, error) {
	l, err := e.connLimits()
	return &Client{&scgi.Client{Dial: d.dial, Limits: o.Limits, Log: o.Log, MaxOpen: l.maxOpen}, nil, nil}, err
}

func newUWSGI(e *Endpoint, o *ClientOptions, d *dialer) (*Client, error) {
	l, err := e.connLimits()
	return &Client{&uwsgi.Client{Dial: d.dial, Limits: o.Limits, Log: o.Log, MaxOpen: l.maxOpen}, nil, nil}, err
}
