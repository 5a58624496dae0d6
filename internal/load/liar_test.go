package load

import (
	"bufio"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fcgi returns a FastCGI record of request 1.
func fcgi(typ byte, content string) string {
	n := len(content)
	return string([]byte{1, typ, 0, 1, byte(n >> 8), byte(n), 0, 0}) + content
}

const (
	fcgiHead = "Content-Type: text/plain\r\n\r\n"
	fcgiDone = "\x00\x00\x00\x00\x00\x00\x00\x00"
)

// answers are what a server says to each request, and what a report tells of it. "" is no failure.
var answers = []struct{ name, wire, answer, fails string }{
	{"whole", "fastcgi-kept", fcgi(6, fcgiHead+"hel") + fcgi(7, "a warning") + fcgi(6, "lo") + fcgi(6, "") + fcgi(3, fcgiDone), ""},
	{"whole", "fastcgi-mux", fcgi(6, fcgiHead+"hello") + fcgi(3, fcgiDone), ""},
	{"whole", "fastcgi-each", fcgi(6, fcgiHead+"hello") + fcgi(3, fcgiDone), ""},
	{"another body", "fastcgi-kept", fcgi(6, fcgiHead+"hellO") + fcgi(3, fcgiDone), "another response body"},
	{"another body", "fastcgi-mux", fcgi(6, fcgiHead+"hellO") + fcgi(3, fcgiDone), "another response body"},
	{"too much", "fastcgi-kept", fcgi(6, fcgiHead+"hello?") + fcgi(3, fcgiDone), "another response body"},
	{"too little", "fastcgi-kept", fcgi(6, fcgiHead+"hell") + fcgi(3, fcgiDone), "4 of 5 bytes"},
	{"too little", "fastcgi-mux", fcgi(6, fcgiHead+"hell") + fcgi(3, fcgiDone), "4 of 5 bytes"},
	{"no head", "fastcgi-kept", fcgi(3, fcgiDone), "head is cut"},
	{"an error", "fastcgi-kept", fcgi(6, "Status: 500 Oops\r\n\r\nhello") + fcgi(3, fcgiDone), "status 500"},
	{"refused", "fastcgi-kept", fcgi(3, "\x00\x00\x00\x00\x02\x00\x00\x00"), "protocolStatus 2"},
	{"a short end", "fastcgi-kept", fcgi(6, fcgiHead+"hello") + fcgi(3, "\x00"), "of 1 bytes"},
	{"cut in a record", "fastcgi-kept", fcgi(6, fcgiHead+"hello")[:20], "unexpected EOF"},
	{"cut", "fastcgi-mux", fcgi(6, fcgiHead+"hello"), "unexpected EOF"},
	{"another request", "fastcgi-kept", strings.Replace(fcgi(6, fcgiHead), "\x00\x01", "\x00\x07", 1), "request 7"},
	{"another request", "fastcgi-mux", strings.Replace(fcgi(6, fcgiHead), "\x00\x01", "\x00\x07", 1), "request 7"},
	{"another type", "fastcgi-kept", fcgi(11, fcgiDone), "type 11"},
	{"HTTP", "fastcgi-kept", "HTTP/1.1 400 Bad Request\r\n\r\n", "no FastCGI record"},

	{"whole", "scgi", "Status: 200 OK\r\n\r\nhello", ""},
	{"a status line", "uwsgi", "HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello", ""},
	{"another body", "scgi", "Status: 200 OK\r\n\r\nhellx", "another response body"},
	{"cut", "scgi", "Status: 200 OK\r\n\r\nhell", "4 of 5 bytes"},
	{"cut in the head", "uwsgi", "Status: 200 OK\r\n", "head is cut"},
	{"nothing", "uwsgi", "", "head is cut"},
	{"an error", "uwsgi", "HTTP/1.1 502 Bad Gateway\r\n\r\nhello", "status 502"},
	{"an endless head", "scgi", strings.Repeat("X: y\r\n", 20<<10), "longer than"},

	{"a length", "http", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", ""},
	{"chunks", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", ""},
	{"to its end", "http", "HTTP/1.0 200 OK\r\n\r\nhello", ""},
	{"close", "http", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", ""},
	{"close", "http-each", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", ""},
	{"closed unsaid", "http-each", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ""},
	{"another body", "http", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelle", "another response body"},
	{"another length", "http", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell", "4 of 5 bytes"},
	{"cut", "http", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "unexpected EOF"},
	{"cut chunks", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "unexpected EOF"},
	{"bad chunks", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n", "bad chunk"},
	{"a chunk too long", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n", "bad end of a chunk"},
	{"a bad length", "http", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello", "bad Content-Length"},
	{"an error", "http", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", "404"},
	{"no HTTP", "http", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "status line"},
}

func TestAnswers(t *testing.T) {
	for _, tt := range answers {
		t.Run(tt.wire+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			w := WireNamed(tt.wire)
			request, err := w.Encode(aRequest(""))
			if err != nil {
				t.Fatal(err)
			}
			at := serveAnswer(t, w, len(request), tt.answer, tt.fails == "")
			g, err := New(Config{Wire: w, Network: "unix", Address: at, Request: request, Want: []byte("hello"), Depth: 1, Timeout: 5 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			const requests = 10
			r := runLoad(t, g, Pace{Requests: requests})
			if tt.fails == "" {
				if r.Requests != requests || r.Failed != 0 {
					t.Errorf("%d requests, %d failed: %q", r.Requests, r.Failed, r.Errors)
				}
				return
			}
			if r.Requests != 0 || r.Failed == 0 || r.Failed > requests || r.Latency.TotalCount() != 0 {
				t.Errorf("%d requests, %d failed", r.Requests, r.Failed)
			}
			if len(r.Errors) != 1 || !strings.Contains(r.Errors[0], tt.fails) {
				t.Errorf("errors %q, want one with %q", r.Errors, tt.fails)
			}
		})
	}
}

// serveAnswer answers each n bytes with the same text. A connection ends after its first answer,
// unless it is to be kept.
func serveAnswer(t *testing.T, w *Wire, n int, answer string, whole bool) (address string) {
	t.Helper()
	address = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	last := !whole || !w.Kept || strings.HasPrefix(answer, "HTTP/1.0") || strings.Contains(answer, "Connection: close")
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					if _, err := io.CopyN(io.Discard, in, int64(n)); err != nil {
						return
					}
					if _, err := io.WriteString(c, answer); err != nil || last {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return address
}

// TestMute: a server that says nothing is an error once the timeout has passed.
func TestMute(t *testing.T) {
	for _, name := range []string{"http", "fastcgi-mux", "scgi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := WireNamed(name)
			request, err := w.Encode(aRequest(""))
			if err != nil {
				t.Fatal(err)
			}
			at := serveAnswer(t, WireNamed("http"), len(request), "", true)
			g, err := New(Config{Wire: w, Network: "unix", Address: at, Request: request, Timeout: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			r := runLoad(t, g, Pace{Requests: 2})
			if r.Requests != 0 || r.Failed != 2 || len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "no progress in 20ms") {
				t.Errorf("%d requests, %d failed: %q", r.Requests, r.Failed, r.Errors)
			}
		})
	}
}

// TestNobodyListens: a run against nothing ends, after a few attempts of each connection.
func TestNobodyListens(t *testing.T) {
	for _, name := range []string{"http", "fastcgi-mux"} {
		request, err := WireNamed(name).Encode(aRequest(""))
		if err != nil {
			t.Fatal(err)
		}
		g, err := New(Config{Wire: WireNamed(name), Network: "unix", Address: filepath.Join(t.TempDir(), "s"), Request: request, Connections: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if r := runLoad(t, g, Pace{Duration: time.Hour}); r.Requests != 0 || r.Failed != 2*maxFailures || len(r.Errors) == 0 {
			t.Errorf("%s: %d requests, %d failed: %q", name, r.Requests, r.Failed, r.Errors)
		}
	}
}
