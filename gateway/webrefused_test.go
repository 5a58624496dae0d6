package gateway_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A target with a scheme and a host gives the variables that nginx gives: the path as REQUEST_URI, the host that it names (RFC 9112
// section 3.2.2). A client on a Unix socket has a REMOTE_ADDR as well.
func TestAbsoluteFormTarget(t *testing.T) {
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		p := r.Params
		_, err := io.WriteString(w, strings.Join([]string{p.Get("REQUEST_URI"), p.Get("PATH_INFO"), p.Get("HTTP_HOST"), r.Host(), p.Get("REMOTE_ADDR")}, " "))
		return err
	})}
	for _, l := range []net.Listener{tcp(t), unix(t)} {
		serve(t, s, func() error { return s.ServeHTTP(l) })
		for target, want := range map[string]string{
			"http://a.test/a%20b?q": "/a%20b?q /a b a.test a.test 127.0.0.1",
			"http://a.test:81":      "/ / a.test:81 a.test:81 127.0.0.1",
			"https://a.test/?q":     "/?q / a.test a.test 127.0.0.1",
			"/a?b=http://c/":        "/a?b=http://c/ /a h h 127.0.0.1",
		} {
			c := dial(t, l.Addr())
			io.WriteString(c, "GET "+target+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
			b, err := io.ReadAll(c)
			if _, body, _ := strings.Cut(string(b), "\r\n\r\n"); body != want {
				t.Errorf("%s: %q, %v, want %q", target, b, err, want)
			}
		}
	}
}

// What a peer got wrong is its fault, not the server's: a broken chunk was a 500. A tunnel and HTTP/2's preface ask for no resource.
func TestWhatHTTPRefuses(t *testing.T) {
	called := make(chan string, 10)
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		called <- r.Params.Get("REQUEST_METHOD")
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	const post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, row := range []struct{ request, status string }{
		{post + "zz\r\nhello\r\n0\r\n\r\n", "400"},
		{post + "5\r\nhelloXX0\r\n\r\n", "400"},
		{post + strings.Repeat("1", 20) + "\r\n", "400"},
		{post + "5;" + strings.Repeat("x", 5000) + "\r\n", "400"},
		{"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", "501"},
		{"PRI / HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
	} {
		c := dial(t, l.Addr())
		io.WriteString(c, row.request)
		b, err := io.ReadAll(c) // a reset may follow the answer: the rest is unread
		if !strings.HasPrefix(string(b), "HTTP/1.1 "+row.status+" ") {
			t.Errorf("%.60q: %.80q, %v; want %s", row.request, b, err, row.status)
		}
	}
	close(called)
	for method := range called {
		if method != "POST" {
			t.Errorf("%s has reached the handler", method)
		}
	}
}
