package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/fastcgi"
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
	method, length := "GET", ""
	if x.body > 0 {
		method, length = "POST", strconv.Itoa(x.body)
	}
	return &protocol.Request{
		ContentLength: int64(x.body),
		Body:          strings.NewReader(strings.Repeat("x", x.body)),
		Params: protocol.Pairs("CONTENT_LENGTH", length, "QUERY_STRING", "page=2&order=name", "REQUEST_METHOD", method,
			"CONTENT_TYPE", "", "SCRIPT_NAME", "", "PATH_INFO", "/catalogue", "REQUEST_URI", "/catalogue?page=2&order=name",
			"DOCUMENT_URI", "/catalogue", "DOCUMENT_ROOT", "/var/www/html", "SCRIPT_FILENAME", "/var/www/html/catalogue",
			"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "nginx/1.22.1",
			"REMOTE_ADDR", "192.0.2.17", "REMOTE_PORT", "51334", "SERVER_ADDR", "192.0.2.1", "SERVER_PORT", "80",
			"SERVER_NAME", "www.example.com", "REDIRECT_STATUS", "200", "HTTP_HOST", "www.example.com",
			"HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
			"HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
			"HTTP_ACCEPT_LANGUAGE", "en-GB,en;q=0.7,de;q=0.3", "HTTP_ACCEPT_ENCODING", "gzip, deflate",
			"HTTP_CONNECTION", "keep-alive", "HTTP_COOKIE", "session=8f2c1b7e5d4a4f3c9b6a0e1d2c3b4a59"),
	}
}

// A dialogue is what is on the wire of one exchange.
type dialogue struct{ request, answer []byte }

// A tape is a connection whose written bytes are kept.
type tape struct {
	net.Conn
	mu      sync.Mutex
	written bytes.Buffer
}

func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.written.Write(p)
	t.mu.Unlock()
	return t.Conn.Write(p)
}

// record has our client call our server, once.
func (w *wire) record(x exercise) (dialogue, error) {
	if w.proto == nil {
		return recordHTTP(x)
	}
	return w.recordRequest(x, request(x))
}

func (w *wire) recordRequest(x exercise, r *protocol.Request) (d dialogue, err error) {
	left, right := net.Pipe()
	front, back := &tape{Conn: left}, &tape{Conn: right}
	loop := &protocol.Loop{Handler: x.native()}
	served := make(chan error, 1)
	go func() { served <- loop.Serve(context.Background(), w.proto.NewConn(back, nil)) }()
	defer func() {
		front.Close()
		if serr := <-served; err == nil && serr != io.EOF {
			err = serr
		}
		d = dialogue{front.written.Bytes(), back.written.Bytes()}
	}()
	client := w.client(func(context.Context) (net.Conn, error) { return front, nil })
	res, err := client.RoundTrip(context.Background(), r)
	if err != nil {
		return d, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return d, err
}

// recordHTTP is the same for net/http.
func recordHTTP(x exercise) (d dialogue, err error) {
	r := request(x)
	hr, err := r.HTTP()
	if err != nil {
		return d, err
	}
	var sent bytes.Buffer
	if err := hr.Write(&sent); err != nil {
		return d, err
	}
	left, right := net.Pipe()
	back := &tape{Conn: right}
	served := make(chan struct{})
	srv := &http.Server{Handler: x.http(), ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			close(served)
		}
	}}
	go srv.Serve(&oneConn{conn: back})
	defer srv.Close()
	go left.Write(sent.Bytes())
	res, err := http.ReadResponse(bufio.NewReader(left), hr)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	}
	left.Close()
	<-served
	return dialogue{sent.Bytes(), back.written.Bytes()}, err
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
