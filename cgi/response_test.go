package cgi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printed is a script that prints text, in the notation of printf(1).
func printed(text string) string { return "printf '" + text + "'\n" }

func TestResponses(t *testing.T) {
	for _, row := range []struct {
		text   string
		script string // its name; "script.cgi" if empty
		prints string
		status int
		header http.Header
		body   string
	}{
		{text: "document, LF", prints: `Content-Type: text/plain\n\nbody\n`,
			status: 200, header: http.Header{"Content-Type": {"text/plain"}}, body: "body\n"},
		{text: "document, CRLF", prints: `Content-Type: text/plain\r\n\r\nbody`,
			status: 200, header: http.Header{"Content-Type": {"text/plain"}}, body: "body"},
		{text: "LF and CRLF mixed", prints: `Content-Type: text/plain\r\nX-A: 1\n\r\nbody`,
			status: 200, header: http.Header{"Content-Type": {"text/plain"}, "X-A": {"1"}}, body: "body"},
		{text: "status in any case", prints: `sTATUS: 404 Nothing here\nContent-Type: text/plain\n\n`,
			status: 404, header: http.Header{"Content-Type": {"text/plain"}}},
		{text: "status without a reason", prints: `Status: 299\nX: 1\n\n`, status: 299, header: http.Header{"X": {"1"}}},
		{text: "client redirect", prints: `Location: https://example.org/x\n\n`,
			status: 302, header: http.Header{"Location": {"https://example.org/x"}}},
		{text: "client redirect with document", prints: `Location: https://example.org/x\nStatus: 303 See Other\nContent-Type: text/plain\n\nthere`,
			status: 303, header: http.Header{"Location": {"https://example.org/x"}, "Content-Type": {"text/plain"}}, body: "there"},
		{text: "local, but with a status: the client's", prints: `Status: 302 Found\nLocation: /x\n\n`,
			status: 302, header: http.Header{"Location": {"/x"}}},
		{text: "local, but with a cookie: the client's", prints: `Location: /x\nSet-Cookie: a=b\n\n`,
			status: 302, header: http.Header{"Location": {"/x"}, "Set-Cookie": {"a=b"}}},
		{text: "another host without a scheme is not local", prints: `Location: //example.org/x\n\n`,
			status: 302, header: http.Header{"Location": {"//example.org/x"}}},
		{text: "two cookies", prints: `Set-Cookie: a=b\nSet-Cookie: c=d\n\n`, status: 200, header: http.Header{"Set-Cookie": {"a=b", "c=d"}}},
		{text: "fields of the hop are left out", prints: `X: 1\nConnection: close\nKeep-Alive: 1\nUpgrade: x\nTrailer: X\n\n`,
			status: 200, header: http.Header{"X": {"1"}}},
		{text: "content length kept", prints: `Content-Length: 4\n\nbody`, status: 200, header: http.Header{"Content-Length": {"4"}}, body: "body"},
		{text: "output beyond the content length is left out", prints: `Content-Length: 4\n\nbody and more`,
			status: 200, header: http.Header{"Content-Length": {"4"}}, body: "body"},
		{text: "non-parsed header", script: "nph-script.cgi", prints: `HTTP/1.1 201 Created\r\nX: 1\r\n\r\nbody`,
			status: 201, header: http.Header{"X": {"1"}}, body: "body"},
		{text: "non-parsed header after an informational one", script: "nph-script.cgi",
			prints: `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.0 200 OK\r\nX: 1\r\n\r\nbody`,
			status: 200, header: http.Header{"X": {"1"}}, body: "body"},
		{text: "non-parsed header with chunks", script: "nph-script.cgi",
			prints: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n1\r\n!\r\n0\r\n\r\n`,
			status: 200, header: http.Header{}, body: "body!"},
		{text: "a status line from any script", prints: `HTTP/1.1 404 Not Found\nX: 1\n\n`, status: 404, header: http.Header{"X": {"1"}}},
		{text: "no type: left to HTTP's rules", prints: `X: 1\n\nbody`, status: 200, header: http.Header{"X": {"1"}}, body: "body"},
		{text: "an empty head", prints: `\n\nbody`, status: 200, header: http.Header{}, body: "\nbody"},
		{text: "two statuses: the first", prints: `Status: 404 A\nStatus: 500 B\n\n`, status: 404, header: http.Header{}},
		{text: "a colon after the status", prints: `Status: 404: Not Found\nX: 1\n\n`, status: 404, header: http.Header{"X": {"1"}}},
		{text: "a head of 64 KiB", prints: `X: ` + strings.Repeat("a", 64<<10) + `\n\nbody`,
			status: 200, header: http.Header{"X": {strings.Repeat("a", 64<<10)}}, body: "body"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(printed(row.prints))
			if row.script != "" {
				b.c.Path = b.write(row.script, "#!/bin/sh\n"+printed(row.prints))
			}
			want := result{Status: row.status, Header: row.header, Body: row.body}
			if diff := cmp.Diff(want, b.do(get("/"))); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestBadResponses(t *testing.T) {
	for _, row := range []struct {
		text   string
		script string
		status int
		why    string
	}{
		{"prints nothing", "exit 0", 502, "ended after 0 bytes"},
		{"prints nothing and exits 1", "exit 1", 502, "exit status 1: "},
		{"prints half a head", printed(`Content-Type: text/plain\nX`), 502, "ended after 26 bytes, before the end of its head"},
		{"is killed before its head", "kill -SEGV $$", 502, "killed by signal SIGSEGV"},
		{"head of 10 MB", `printf 'X: '; head -c 10000000 /dev/zero | tr '\0' a`, 502, "> 262144 bytes"},
		{"10 MB of fields", `yes 'X: aaaaaaaaaaaaaaaaaaaaaa' | head -c 10000000`, 502, "> 262144 bytes"},
		{"a body without a head", printed(`hello, world\n\n`), 502, `header line 1: "hello, world"`},
		{"bogus status", printed(`Status: great\n\n`), 502, `status in line 1: "Status: great"`},
		{"status 99", printed(`Status: 99\n\n`), 502, `status in line 1: "Status: 99"`},
		{"status 1000", printed(`Status: 1000\n\n`), 502, `status in line 1: "Status: 1000"`},
		{"informational status", printed(`Status: 100 Continue\n\n`), 502, "status 100"},
		{"switching protocols", printed(`Status: 101 Switching Protocols\nUpgrade: x\n\n`), 502, "status 101"},
		{"a folded field", printed(`X: 1\n  2\n\n`), 502, "header line"},
		{"a name with a space", printed(`X Y: 1\n\n`), 502, "header line"},
		{"a carriage return in a value", printed(`X: 1\r2\n\n`), 502, "header value in line 1"},
		{"a NUL in a value", printed(`X: 1\0002\n\n`), 502, "header value in line 1"},
		{"bogus content length", printed(`Content-Length: -1\n\n`), 502, "Content-Length"},
		{"two content lengths", printed(`Content-Length: 1\nContent-Length: 2\n\nab`), 502, "Content-Length"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(row.script)
			res := b.do(get("/"))
			b.wantFailure(res, row.status, row.why)
			b.wantFailure(res, row.status, b.c.Path)
			b.closed()
		})
	}
}

func TestOutputShorterThanItsContentLength(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`Content-Length: 10\n\nbody`))
	res := b.do(get("/"))
	b.wantFailure(res, 200, "output ended: 6 bytes short of its Content-Length")
	if res.Body != "body" {
		t.Fatalf("body %q", res.Body)
	}
}

func TestOutputBeyondItsContentLengthIsLogged(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`Content-Length: 4\n\nbody and more`))
	b.want(b.do(get("/")), "body")
	if log := b.closed(); !strings.Contains(log, "cgi: response beyond its Content-Length") {
		t.Fatal(log)
	}
}

// What HTTP makes of a response is the same for every client.
func TestWhatHTTPAllows(t *testing.T) {
	for _, row := range []struct {
		script string
		want   result
	}{
		{`Status: 204\n\n\n`, result{Status: 204, Header: http.Header{}}},
		{`Status: 304\nEtag: x\n\nbody`, result{Status: 304, Header: http.Header{"Etag": {"x"}}}},
		{`A: b\nTransfer-Encoding: chunked\n\n3\r\none\r\n0\r\n\r\n`, result{Status: 200, Header: http.Header{"A": {"b"}}, Body: "one"}},
		{`A: b\nConnection: X-Own, close\nX-Own: 1\n\nbody`, result{Status: 200, Header: http.Header{"A": {"b"}}, Body: "body"}},
	} {
		b := newBench(t)
		b.sh(printed(row.script))
		if diff := cmp.Diff(row.want, b.do(get("/"))); diff != "" {
			t.Errorf("%s: %s", row.script, diff)
		}
		b.closed()
	}
}

// The script declares a length, as it would for a GET, and sends nothing.
func TestHead(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`Content-Length: 10\n\n`))
	r := get("/")
	r.Params.Set("REQUEST_METHOD", "HEAD")
	want := result{Status: 200, Header: http.Header{"Content-Length": {"10"}}}
	if diff := cmp.Diff(want, b.do(r)); diff != "" {
		t.Fatal(diff)
	}
}

func TestExitStatusIsLogged(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`X: 1\n\nbody`) + "exit 3")
	b.want(b.do(get("/")), "body")
	if log := b.closed(); !strings.Contains(log, "exit=3") || !strings.Contains(log, b.c.Path) {
		t.Fatal(log)
	}
}

// Nothing that a script prints before its head ends can hold more of our memory than the limit.
func TestHeadLimit(t *testing.T) {
	b := newBench(t)
	b.c.Limits = limits(func(l *limitsT) { l.ResponseHead = 100 })
	b.sh(printed(`X: ` + strings.Repeat("a", 100) + `\n\nbody`))
	b.wantFailure(b.do(get("/")), 502, "> 100 bytes")
}
