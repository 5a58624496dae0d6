package endpoint_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// told is what a server tells of a request.
type told struct {
	protocol.Summary
	protocol string
}

// refusals are requests that no handler sees.
var refusals = []struct {
	name, scheme string
	request      string
	status       string // as the client sees it; empty: the answer has none
	kind         error
}{
	{"no netstring", "scgi", "5:abcde,", "Status: 400", protocol.ErrMalformed},
	{"no number as length", "scgi", "24:CONTENT_LENGTH\x00x\x00SCGI\x001\x00,", "Status: 400", protocol.ErrMalformed},
	{"no method", "scgi", "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,", "Status: 400", protocol.ErrMalformed},
	{"HTTP", "scgi", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400", protocol.ErrMalformed},
	{"torn variables", "uwsgi", "\x00\x04\x00\x00\xff\xffab", "HTTP/1.1 400", protocol.ErrMalformed},
	{"an unknown packet", "uwsgi", "\xad\x00\x00\x00", "HTTP/1.1 501", protocol.ErrUnsupported},
	{"no method", "uwsgi", "\x00\x00\x00\x00", "HTTP/1.1 400", protocol.ErrMalformed},
	{"an unknown role", "fastcgi", "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00", "", protocol.ErrUnsupported},
	{"no number as length", "fastcgi", "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" +
		"\x01\x04\x00\x01\x00\x11\x00\x00\x0e\x01CONTENT_LENGTHx" + "\x01\x04\x00\x01\x00\x00\x00\x00\x01\x05\x00\x01\x00\x00\x00\x00", "Status: 400", protocol.ErrMalformed},
	{"HTTP", "fastcgi", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400", protocol.ErrMalformed},
	{"no host", "http", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400", protocol.ErrMalformed},
	{"no request", "http", "hello\r\n\r\n", "HTTP/1.1 400", protocol.ErrMalformed},
	{"two lengths", "http", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400", protocol.ErrMalformed},
	{"an unknown coding", "http", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 501", protocol.ErrMalformed},
	{"an unknown expectation", "http", "POST / HTTP/1.1\r\nHost: h\r\nExpect: more\r\nConnection: close\r\n\r\n", "HTTP/1.1 417", protocol.ErrMalformed},
	{"an unknown version", "http", "GET / HTTP/7.0\r\n\r\n", "HTTP/1.1 505", protocol.ErrMalformed},
	{"a tunnel", "http", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", "HTTP/1.1 501", protocol.ErrUnsupported},
	{"too many fields", "http", "GET / HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("X-A: b\r\n", 2000) + "\r\n", "HTTP/1.1 431", protocol.ErrTooLarge},
	{"too long a line", "http", "GET /" + strings.Repeat("x", 100<<10) + " HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 431", protocol.ErrTooLarge},
	{"FastCGI", "http", "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", "HTTP/1.1 400", protocol.ErrMalformed},
}

// TestRefusedRequestsAreTold sends each on a connection of its own, and over HTTP after a good
// request too.
func TestRefusedRequestsAreTold(t *testing.T) {
	for _, row := range refusals {
		for _, listener := range []string{row.scheme, "auto"} {
			if listener == "auto" && (row.name == "HTTP" || row.name == "FastCGI" || row.name == "no request") {
				continue // that is another protocol there, or none
			}
			t.Run(row.scheme+"/"+row.name+"/"+listener, func(t *testing.T) {
				all, address, stop := observed(t, listener)
				good := "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
				if row.scheme == "http" && row.name != "FastCGI" {
					exchange(t, address, good+row.request, "HTTP/1.1 200")
					if s := next(t, all); s.Status != 200 || s.Err != nil || s.BodySent != int64(len("by http")) {
						t.Errorf("of the good request is told %+v", s)
					}
				} else {
					exchange(t, address, row.request, row.status)
				}
				s := next(t, all)
				_, digits, _ := strings.Cut(row.status, " ")
				if status, _ := strconv.Atoi(digits); s.Status != status || !errors.Is(s.Err, row.kind) || s.protocol != row.scheme {
					t.Errorf("told %+v, want status %q of %s and a %v", s, row.status, row.scheme, row.kind)
				}
				stop()
				if len(all) > 0 {
					t.Errorf("told once more: %+v", <-all)
				}
			})
		}
	}
}

// observed serves kind on a listener for scheme, and returns what is told of its requests.
func observed(t *testing.T, scheme string) (all chan told, address string, stop func()) {
	l := listen(t, scheme+"://127.0.0.1:0")
	all = make(chan told, 10)
	s := &gateway.Server{Handler: kind(), Log: slog.New(slog.DiscardHandler), Observe: func(r *protocol.Request, s protocol.Summary) {
		all <- told{s, r.Protocol}
	}}
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(s) }()
	stop = func() {
		s.Close()
		err := <-ended
		ended <- err
	}
	t.Cleanup(stop)
	return all, l.Addr().String(), stop
}

func next(t *testing.T, all chan told) told {
	t.Helper()
	select {
	case s := <-all:
		return s
	case <-time.After(time.Minute):
		t.Fatal("nothing is told of the request")
		panic("unreachable")
	}
}

// exchange sends a request and reads what comes until status is there.
func exchange(t *testing.T, address, request, status string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(c, request)
	var got []byte
	for !strings.Contains(string(got), status) || len(got) == 0 {
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if got = append(got, b[:n]...); err != nil && !strings.Contains(string(got), status) {
			t.Fatalf("got %.300q, %v; want %s", got, err, status)
		}
	}
}
