package main

import (
	"context"
	"net"
	"os"
	"sync/atomic"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// A station is a protocol that the demo is served by, and how to call it there.
type station struct {
	title, url string
	hint       string // what a front is told; may be empty
	client     func(m *meter) protocol.RoundTripper
}

// openStations serves srv's handler over every protocol. Ports are those that people expect unless
// any is set.
func openStations(srv *gateway.Server, any bool) ([]*station, error) {
	rows := []struct {
		title, scheme, pass, params string
		port                        int
		serve                       func(net.Listener) error
		client                      func(dial dialFunc) protocol.RoundTripper
	}{
		{"HTTP", "http", "proxy_pass http://", "", 8080, srv.ServeHTTP,
			func(d dialFunc) protocol.RoundTripper { return &gateway.HTTPClient{Dial: d} }},
		{"FastCGI", "fastcgi", "fastcgi_pass ", "fastcgi_params", 9000,
			func(l net.Listener) error { return srv.Serve(l, fastcgi.Protocol{}) },
			func(d dialFunc) protocol.RoundTripper { return &fastcgi.Client{Dial: d} }},
		{"SCGI", "scgi", "scgi_pass ", "scgi_params", 4000,
			func(l net.Listener) error { return srv.Serve(l, scgi.Protocol{}) },
			func(d dialFunc) protocol.RoundTripper { return &scgi.Client{Dial: d} }},
		{"uwsgi", "uwsgi", "uwsgi_pass ", "uwsgi_params", 3031,
			func(l net.Listener) error { return srv.Serve(l, uwsgi.Protocol{}) },
			func(d dialFunc) protocol.RoundTripper { return &uwsgi.Client{Dial: d} }},
	}
	var list []*station
	for _, row := range rows {
		l, err := listen(row.port, any)
		if err != nil {
			return nil, err
		}
		go row.serve(l) // ends with srv.Shutdown
		addr := l.Addr().String()
		s := &station{title: row.title, url: row.scheme + "://" + addr, hint: row.pass + addr + ";"}
		if row.params != "" {
			s.hint += "  include " + row.params + ";"
		}
		s.client = func(m *meter) protocol.RoundTripper { return row.client(m.dial(addr)) }
		list = append(list, s)
	}
	script, err := cgiStation()
	return append(list, script), err
}

// cgiStation runs this very program as a CGI script.
func cgiStation() (*station, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &station{title: "CGI", url: "cgi:" + self, client: func(m *meter) protocol.RoundTripper {
		return &cgi.Client{Path: self, Observe: func(r cgi.Run) {
			m.sent.Store(r.Sent)
			m.received.Store(r.Received)
		}}
	}}, nil
}

type dialFunc = func(context.Context) (net.Conn, error)

// A meter counts the bytes of a call.
type meter struct{ sent, received atomic.Int64 }

func (m *meter) dial(addr string) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return &meteredConn{c, m}, nil
	}
}

type meteredConn struct {
	net.Conn
	m *meter
}

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.m.received.Add(int64(n))
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.m.sent.Add(int64(n))
	return n, err
}
