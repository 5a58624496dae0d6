package gateway_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

var everyProtocol = []protocol.Protocol{fastcgi.Protocol{}, scgi.Protocol{}, uwsgi.Protocol{}}

// kind is a handler that says by which protocol its request came, and on what connection.
func kind() protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, r.Protocol)
		return err
	})
}

func TestServeAnyTellsProtocolsApart(t *testing.T) {
	for network, listen := range map[string]func(*testing.T) net.Listener{"tcp": tcp, "unix": unix, "pipe": pipe} {
		s := &gateway.Server{MethodOptional: true, Handler: kind()}
		l := listen(t)
		serve(t, s, func() error { return s.ServeAny(l, everyProtocol...) })
		dial := dialer(l.Addr())
		if p, ok := l.(*netiotest.Pipes); ok {
			dial = p.Dial
		}
		for name, c := range clients(t, dial) {
			got, err := get(t, c, "/")
			if err != nil || got.Body != name {
				t.Errorf("%s over %s: %v, %v", name, network, got, err)
			}
		}
	}
}

// clients returns a client of each protocol.
func clients(t *testing.T, dial func(context.Context) (net.Conn, error)) map[string]protocol.RoundTripper {
	t.Helper()
	web := &gateway.HTTPClient{Dial: dial}
	t.Cleanup(web.CloseIdleConnections)
	return map[string]protocol.RoundTripper{
		"fastcgi": &fastcgi.Client{Dial: dial}, "scgi": &scgi.Client{Dial: dial}, "uwsgi": &uwsgi.Client{Dial: dial}, "http": web,
	}
}

// A front whose first bytes come one by one is known all the same.
func TestServeAnyOfAByteAtATime(t *testing.T) {
	for network, listen := range map[string]func(*testing.T) net.Listener{"tcp": tcp, "unix": unix} {
		s := &gateway.Server{MethodOptional: true, Handler: kind()}
		l := listen(t)
		serve(t, s, func() error { return s.ServeAny(l, everyProtocol...) })
		for name, request := range map[string]string{
			"scgi": "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,",
			"http": "GET / HTTP/1.0\r\n\r\n",
		} {
			c := dial(t, l.Addr())
			for i := range request {
				io.WriteString(c, request[i:i+1])
			}
			if b, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(b), "\r\n\r\n"+name) {
				t.Errorf("%s over %s: %q, %v", name, network, b, err)
			}
		}
	}
}

// A peer that ended after one byte was held until the head's time was over.
func TestASingleByteAndTheEnd(t *testing.T) {
	for name, way := range ways {
		for network, listen := range map[string]func(*testing.T) net.Listener{"tcp": tcp, "unix": unix} {
			s := &gateway.Server{MethodOptional: true, Handler: kind(), Limits: &protocol.Limits{HeadTimeout: -1}}
			l := listen(t)
			serve(t, s, func() error { return way.serve(s, l) })
			c := dial(t, l.Addr())
			io.WriteString(c, way.request[:1])
			if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(c); err != nil || strings.Contains(string(b), "200") {
				t.Errorf("%s over %s: %q, %v", name, network, b, err)
			}
		}
	}
}

// A single byte is not enough to keep a connection, and the log says what was waited for.
func TestASingleByteAndNoMore(t *testing.T) {
	for name, way := range ways {
		out, logger := newLog()
		s := &gateway.Server{Handler: kind(), Log: logger, Limits: &protocol.Limits{HeadTimeout: time.Millisecond}}
		l := tcp(t)
		serve(t, s, func() error { return way.serve(s, l) })
		for { // one whose byte comes too late is closed without a word
			c := dial(t, l.Addr())
			io.WriteString(c, way.request[:1])
			io.Copy(io.Discard, c)
			if strings.Contains(out.String(), "read head: aborted: not whole after 1ms") {
				break
			}
			if t.Context().Err() != nil {
				t.Fatalf("%s: %s", name, out)
			}
		}
	}
}

func TestServeAnyOfWhatIsNotServed(t *testing.T) {
	out, logger := newLog()
	s := &gateway.Server{MethodOptional: true, Handler: kind(), Log: logger}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeAny(l, fastcgi.Protocol{}) })
	c := dial(t, l.Addr())
	io.WriteString(c, "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,")
	io.Copy(io.Discard, c)
	out.await(t, "auto: read head: unsupported: scgi is not served on this listener")
	c = dial(t, l.Addr())
	io.WriteString(c, "\x02\x01\x00\x01")
	io.Copy(io.Discard, c)
	out.await(t, `auto: read head: unsupported: what begins with \"\\x02\\x01\" is not served on this listener`)
}

// What does not speak HTTP is told in plain words, and answered at once.
func TestForeignersOnHTTP(t *testing.T) {
	out, logger := newLog()
	s := &gateway.Server{MethodOptional: true, Handler: kind(), Log: logger}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	for _, row := range []struct{ bytes, text string }{
		{"24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,", "SCGI on an HTTP listener: the front uses scgi_pass where proxy_pass is meant"},
		{"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", "FastCGI on an HTTP listener: the front uses fastcgi_pass where proxy_pass is meant"},
		{"\x00\x04\x00\x00\x01\x00A\x00", "uwsgi on an HTTP listener: the front uses uwsgi_pass where proxy_pass is meant"},
		{"\x16\x03\x01\x00\x05hello", "TLS on an HTTP listener: the front speaks TLS where none is meant"},
	} {
		c := dial(t, l.Addr())
		io.WriteString(c, row.bytes)
		if b, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400 Bad Request\r\n") {
			t.Errorf("%s: answered %q, %v", row.text, b, err)
		}
		out.await(t, row.text)
	}
}

func pipe(*testing.T) net.Listener { return netiotest.NewPipes() }
