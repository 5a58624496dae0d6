package site_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

type dialer = func(context.Context) (net.Conn, error)

// A wire is a protocol that files are served by.
type wire struct {
	name     string
	protocol protocol.Protocol // nil: HTTP
	client   func(dial dialer) protocol.RoundTripper
	sendfile bool // a file leaves without a copy
}

var wires = []wire{
	{"http", nil, func(d dialer) protocol.RoundTripper { return &gateway.HTTPClient{Dial: d, MaxIdle: -1} }, true},
	{"fastcgi", fastcgi.Protocol{}, func(d dialer) protocol.RoundTripper { return &fastcgi.Client{Dial: d} }, false},
	{"scgi", scgi.Protocol{}, func(d dialer) protocol.RoundTripper { return &scgi.Client{Dial: d} }, true},
	{"uwsgi", uwsgi.Protocol{}, func(d dialer) protocol.RoundTripper { return &uwsgi.Client{Dial: d} }, true},
}

// A fileListener counts the bytes of files that its connections get as files, which package net
// sends by sendfile. Those that they get otherwise have been read and written.
type fileListener struct {
	net.Listener
	sent atomic.Int64
}

func (l *fileListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &fileConn{c, l}, nil
}

type fileConn struct {
	net.Conn
	listener *fileListener
}

// ReadFrom implements [io.ReaderFrom].
func (c *fileConn) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(c.Conn, r)
	if limited, ok := r.(*io.LimitedReader); ok {
		r = limited.R
	}
	if _, ok := r.(*os.File); ok {
		c.listener.sent.Add(n)
	}
	return n, err
}

// serveBy serves h by a wire until the test ends.
func serveBy(t *testing.T, w wire, h protocol.Handler) (protocol.RoundTripper, *fileListener) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &fileListener{Listener: inner}
	s := &gateway.Server{Handler: h, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if w.protocol == nil {
			s.ServeHTTP(l)
			return
		}
		s.Serve(l, w.protocol)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return w.client(func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", inner.Addr().String())
	}), l
}

// A file arrives whole over a Unix socket, too, whose connections have a sendfile of their own.
func TestUnixSocket(t *testing.T) {
	root, text := t.TempDir(), strings.Repeat("0123456789abcdef", 1<<16)
	write(t, filepath.Join(root, "large.bin"), text)
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := &gateway.Server{Handler: &site.Files{Root: root}, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.ServeHTTP(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	c := wires[0].client(func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", l.Addr().String())
	})
	for _, row := range []struct{ header, want string }{{"", "200 " + text}, {"Range: bytes=100-600000", "206 " + text[100:600001]}} {
		if got := ask(t, c, "GET", "/large.bin", row.header); got != row.want {
			t.Errorf("%s: %d bytes, want %d", row.header, len(got), len(row.want))
		}
	}
}

// byScript calls the test's binary as a CGI program that serves the files below root.
func byScript(t *testing.T, root string) protocol.RoundTripper {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &cgi.Client{Path: self, Env: []string{rootOfScript + "=" + root}}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a request and returns the answer in a line, as get does.
func ask(t *testing.T, c protocol.RoundTripper, method, target, header string, show ...string) string {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	p := protocol.Pairs("REQUEST_METHOD", method, "REQUEST_URI", target, "SCRIPT_NAME", "", "PATH_INFO", unescape(t, path),
		"QUERY_STRING", query, "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "postern.test", "SERVER_NAME", "postern.test",
		"SERVER_PORT", "80", "REMOTE_ADDR", "192.0.2.7", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "test")
	for line := range strings.Lines(header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		p.Set("HTTP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value)
	}
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: p})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answerText(res.Status, body, res.Header, show)
}

// conditions are requests for a part of a file, or for one that has changed: what is asked, and the
// answer.
var conditions = []struct {
	name, method, target, header, want string
	show                               []string
}{
	{name: "whole", target: "/a.txt", show: []string{"Content-Length", "Content-Type", "Last-Modified", "Etag", "Accept-Ranges"},
		want: `200 0123456789 | 10 | text/plain; charset=utf-8 | Fri, 02 Jan 2026 03:04:05 GMT | ` + tagOfText + ` | bytes`},
	{name: "head", method: "HEAD", target: "/a.txt", show: []string{"Content-Length", "Etag"}, want: `200  | 10 | ` + tagOfText},
	{name: "post", method: "POST", target: "/a.txt", show: []string{"Allow"}, want: "405 405 Method Not Allowed | GET, HEAD"},
	{name: "options", method: "OPTIONS", target: "/a.txt", show: []string{"Allow"}, want: "405 405 Method Not Allowed | GET, HEAD"},
	{name: "range", target: "/a.txt", header: "Range: bytes=2-4", show: []string{"Content-Range", "Content-Length"}, want: "206 234 | bytes 2-4/10 | 3"},
	{name: "range to the end", target: "/a.txt", header: "Range: bytes=7-", show: []string{"Content-Range"}, want: "206 789 | bytes 7-9/10"},
	{name: "last bytes", target: "/a.txt", header: "Range: bytes=-2", show: []string{"Content-Range"}, want: "206 89 | bytes 8-9/10"},
	{name: "range beyond", target: "/a.txt", header: "Range: bytes=10-", show: []string{"Content-Range"},
		want: "416 invalid range: failed to overlap | bytes */10"},
	{name: "range of another unit", target: "/a.txt", header: "Range: lines=1-2", want: "200 0123456789"},
	{name: "if-range, fresh", target: "/a.txt", header: "Range: bytes=0-0\nIf-Range: " + tagOfText, want: "206 0"},
	{name: "if-range, stale", target: "/a.txt", header: "Range: bytes=0-0\nIf-Range: \"other\"", want: "200 0123456789"},
	{name: "if-range by date", target: "/a.txt", header: "Range: bytes=0-0\nIf-Range: Fri, 02 Jan 2026 03:04:05 GMT", want: "206 0"},
	{name: "if-none-match", target: "/a.txt", header: "If-None-Match: \"x\", " + tagOfText, show: []string{"Etag"}, want: "304  | " + tagOfText},
	{name: "if-none-match, other", target: "/a.txt", header: "If-None-Match: \"x\"", want: "200 0123456789"},
	{name: "if-match", target: "/a.txt", header: "If-Match: " + tagOfText, want: "200 0123456789"},
	{name: "if-match, other", target: "/a.txt", header: "If-Match: \"x\"", want: "412"},
	{name: "if-modified-since", target: "/a.txt", header: "If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT", want: "304"},
	{name: "if-modified-since, earlier", target: "/a.txt", header: "If-Modified-Since: Fri, 02 Jan 2026 03:04:04 GMT", want: "200 0123456789"},
	{name: "if-unmodified-since", target: "/a.txt", header: "If-Unmodified-Since: Fri, 02 Jan 2026 03:04:04 GMT", want: "412"},
	{name: "compressed", target: "/style.css", header: "Accept-Encoding: gzip", show: []string{"Content-Encoding", "Content-Type", "Content-Length", "Vary", "Etag"},
		want: `200 gzipped | gzip | text/css; charset=utf-8 | 7 | Accept-Encoding | "1886caf21c963200-7-gzip"`},
	{name: "compressed, not changed", target: "/style.css", header: "Accept-Encoding: gzip\nIf-None-Match: \"1886caf21c963200-7-gzip\"",
		show: []string{"Vary"}, want: "304  | Accept-Encoding"},
	{name: "compressed, precondition failed", target: "/style.css", header: "Accept-Encoding: gzip\nIf-Match: \"x\"", want: "412"},
	{name: "compressed, a range", target: "/style.css", header: "Accept-Encoding: gzip\nRange: bytes=0-1", show: []string{"Content-Range"}, want: "206 gz | bytes 0-1/7"},
	{name: "compressed, head", method: "HEAD", target: "/style.css", header: "Accept-Encoding: gzip", show: []string{"Content-Length"}, want: "200  | 7"},
	{name: "a directory", target: "/sub?x=1&y", show: []string{"Location"}, want: "301 301 Moved Permanently | /sub/?x=1&y"},
	{name: "a directory called as a host", target: "//evil.example", show: []string{"Location"}, want: "301 301 Moved Permanently | /evil.example/"},
	{name: "a directory to be escaped", target: "/a%20b", show: []string{"Location"}, want: "301 301 Moved Permanently | /a%20b/"},
	{name: "source", target: "/index.php", want: "404 404 Not Found"},
}

// byScripts are those that are asked of a script, too, which is a process for each.
var byScripts = []string{"whole", "head", "range", "if-none-match", "compressed", "a directory", "source"}

// tagOfText is the entity tag of a.txt.
const tagOfText = `"1886caf21c963200-a"`

// TestWires serves the same files by each protocol.
func TestWires(t *testing.T) {
	root := newTree(t)
	clients := map[string]protocol.RoundTripper{"cgi": byScript(t, root)}
	for _, w := range wires {
		clients[w.name], _ = serveBy(t, w, &site.Files{Root: root})
	}
	for name, c := range clients {
		for _, row := range conditions {
			if name == "cgi" && !slices.Contains(byScripts, row.name) {
				continue
			}
			t.Run(name+" "+row.name, func(t *testing.T) {
				if row.method == "" {
					row.method = "GET"
				}
				if got := ask(t, c, row.method, row.target, row.header, row.show...); got != row.want {
					t.Errorf("%q, want %q", got, row.want)
				}
			})
		}
	}
}

// A large file reaches the connection as a file, whole or in part.
func TestSendfile(t *testing.T) {
	const size = 1 << 20
	root, text := t.TempDir(), bytes.Repeat([]byte("0123456789abcdef"), size/16)
	write(t, filepath.Join(root, "large.bin"), string(text))
	for _, w := range wires {
		for _, row := range []struct {
			name, header, want string
		}{
			{"whole", "", "200 " + string(text)},
			{"range", "Range: bytes=16-", "206 " + string(text[16:])},
		} {
			t.Run(w.name+" "+row.name, func(t *testing.T) {
				c, l := serveBy(t, w, &site.Files{Root: root})
				if got := ask(t, c, "GET", "/large.bin", row.header); got != row.want {
					t.Fatalf("%d bytes: %.80s, want %d: %.80s", len(got), got, len(row.want), row.want)
				}
				// net/http reads the first bytes by itself
				if sent := l.sent.Load(); w.sendfile && sent < size-16-512 {
					t.Errorf("%d bytes of %d went as a file", sent, size)
				}
			})
		}
	}
}

// Several ranges are the parts of one answer (RFC 9110 section 14.6).
func TestRanges(t *testing.T) {
	f := &site.Files{Root: newTree(t)}
	header := http.Header{"Range": {"bytes=0-1, 4-4"}}
	got := get(t, f, "GET", "/a.txt", header, "Content-Type")
	body, kind, _ := strings.Cut(strings.TrimPrefix(got, "206 "), " | ")
	_, boundary, ok := strings.Cut(kind, "multipart/byteranges; boundary=")
	if !ok {
		t.Fatalf("%q", got)
	}
	parts := multipart.NewReader(strings.NewReader(body+"\r\n"), boundary)
	var texts []string
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, part.Header.Get("Content-Range")+" "+part.Header.Get("Content-Type")+" "+string(text))
	}
	want := []string{"bytes 0-1/10 text/plain; charset=utf-8 01", "bytes 4-4/10 text/plain; charset=utf-8 4"}
	if !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
}

// The last 0 bytes are no range: a Range that asks for nothing else cannot be satisfied.
func TestEmptyRanges(t *testing.T) {
	f := &site.Files{Root: newTree(t)}
	for asked, want := range map[string]string{
		"bytes=-0": "416 ", "bytes=-00, -0": "416 ", "bytes=-0,2-3": "206 23 | bytes 2-3/10", "bytes=2-3 , -0": "206 23 | bytes 2-3/10",
		"bytes=-05": "206 56789 | bytes 5-9/10", "bytes=0-01": "206 01 | bytes 0-1/10",
	} {
		got := get(t, f, "GET", "/a.txt", http.Header{"Range": {asked}}, "Content-Range")
		if !strings.HasPrefix(got, want) || want == "416 " && !strings.HasSuffix(got, " | bytes */10") {
			t.Errorf("%s: %q, want %q", asked, got, want)
		}
	}
}
