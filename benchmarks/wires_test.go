package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/internal/load"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// A wire is a protocol in one way of using its connections.
type wire struct {
	name  string
	kept  bool              // a connection carries one request after the other
	proto protocol.Protocol // nil: HTTP
	// client is what encodes the requests.
	client func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper
	read   func(r *bufio.Reader, c *check) error // reads one answer
	peer   string                                // the standard library's server for it
}

var wires = []wire{
	{name: "fastcgi", kept: true, proto: fastcgi.Protocol{}, read: readRecords, peer: "net-http-fcgi",
		client: func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper {
			return &fastcgi.Client{Dial: dial, MaxIdle: 1}
		}},
	{name: "fastcgi-close", proto: fastcgi.Protocol{}, read: readRecords, peer: "net-http-fcgi",
		client: func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper {
			return &fastcgi.Client{Dial: dial}
		}},
	{name: "scgi", proto: scgi.Protocol{}, read: readToEnd,
		client: func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper {
			return &scgi.Client{Dial: dial}
		}},
	{name: "uwsgi", proto: uwsgi.Protocol{}, read: readToEnd,
		client: func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper {
			return &uwsgi.Client{Dial: dial}
		}},
	{name: "http", kept: true, read: readHTTP, peer: "net-http"},
}

func wireNamed(name string) *wire {
	for i := range wires {
		if wires[i].name == name {
			return &wires[i]
		}
	}
	return nil
}

// variants are the names of the servers that can be compared.
func (w *wire) variants() []string {
	all := []string{"native", "http", w.peer, "floor"}
	if w.peer == "" {
		all = append(all[:2], all[3])
	}
	return all
}

// request is what nginx says of a browser's request.
func request(x exercise) *protocol.Request {
	b := load.BrowserRequest{Path: "/catalogue", Script: "/var/www/html/catalogue", Body: x.body}
	return b.Request()
}

// A dialogue is what is on the wire of one exchange.
type dialogue struct{ request, answer []byte }

// record has our client call our server, once.
func (w *wire) record(x exercise) (dialogue, error) {
	if w.proto == nil {
		return recordHTTP(x)
	}
	return w.recordRequest(x, request(x))
}

func (w *wire) recordRequest(x exercise, r *protocol.Request) (d dialogue, err error) {
	d.request, d.answer, err = load.Record(r, w.proto, w.client, x.native())
	return d, err
}

// recordHTTP is the same for net/http.
func recordHTTP(x exercise) (d dialogue, err error) {
	if d.request, err = load.WireNamed("http").Encode(request(x)); err != nil {
		return d, err
	}
	left, right := net.Pipe()
	served := make(chan struct{})
	srv := &http.Server{Handler: x.http(), ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			close(served)
		}
	}}
	go srv.Serve(&oneConn{conn: right})
	defer srv.Close()
	go left.Write(d.request)
	var answer bytes.Buffer
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(left, &answer)), nil)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	}
	left.Close()
	<-served
	d.answer = answer.Bytes()
	return d, err
}

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conn net.Conn
	once sync.Once
}

func (l *oneConn) Accept() (c net.Conn, err error) {
	err = io.EOF
	l.once.Do(func() { c, err = l.conn, nil })
	return c, err
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
