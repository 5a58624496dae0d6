package protocol

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// heads are response heads and what is to be read in them. Every strict prefix of one that is whole
// needs more.
var headRows = []struct {
	text   string
	head   string
	status int
	h      http.Header
}{
	{"a Status field", "Status: 404 Nope\r\nContent-Type: text/plain\r\n\r\n", 404, http.Header{"Content-Type": {"text/plain"}}},
	{"lines ended by LF", "Status: 404 Nope\nContent-Type: text/plain\n\n", 404, http.Header{"Content-Type": {"text/plain"}}},
	{"both kinds of line", "Status: 201\nX-A: 1\r\nX-B: 2\n\r\n", 201, http.Header{"X-A": {"1"}, "X-B": {"2"}}},
	{"a status line", "HTTP/1.1 201 Created\r\nX-A: 1\r\n\r\n", 201, http.Header{"X-A": {"1"}}},
	{"a status line without a reason", "HTTP/1.0 204\r\n\r\n", 204, http.Header{}},
	{"a status line of HTTP/2, as some proxies write", "HTTP/2 200\r\n\r\n", 200, http.Header{}},
	{"a status line wins over a Status field", "HTTP/1.1 201 Created\r\nStatus: 500\r\n\r\n", 201, http.Header{}},
	{"no status is 200", "Content-Type: text/html\n\n", 200, http.Header{"Content-Type": {"text/html"}}},
	{"a lone Location is 302", "Location: /foo\n\n", 302, http.Header{"Location": {"/foo"}}},
	{"a Location with a Status keeps it", "Status: 201 Created\nLocation: /foo\n\n", 201, http.Header{"Location": {"/foo"}}},
	{"a Status without a reason", "Status: 204\n\n", 204, http.Header{}},
	{"a Status in another case", "STATUS: 418 teapot\n\n", 418, http.Header{}},
	{"repeated fields stay apart", "Set-Cookie: a=1\nset-cookie: b=2\n\n", 200, http.Header{"Set-Cookie": {"a=1", "b=2"}}},
	{"an empty value", "X-A:\nX-B: \n\n", 200, http.Header{"X-A": {""}, "X-B": {""}}},
	{"blanks around a value", "X-A: \t a\tb \t\n\n", 200, http.Header{"X-A": {"a\tb"}}},
	{"a colon in a value", "X-A: b:c\n\n", 200, http.Header{"X-A": {"b:c"}}},
	{"bytes above 127", "X-A: \xfc\n\n", 200, http.Header{"X-A": {"\xfc"}}},
	{"the status 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 101, http.Header{"Upgrade": {"websocket"}}},
	{"a colon after the status", "Status: 404: Not Found\nX-A: 1\n\n", 404, http.Header{"X-A": {"1"}}},
	{"no blank after the status", "Status: 404Not Found\nX-A: 1\n\n", 404, http.Header{"X-A": {"1"}}},
	{"no blank after a status line's status", "HTTP/1.1 404Not Found\nX-A: 1\n\n", 404, http.Header{"X-A": {"1"}}},
	{"a tab after the status", "Status: 404\tNot Found\n\n", 404, http.Header{}},
	{"of two Status fields the first counts, as for nginx", "Status: 404 A\nX-A: 1\nStatus: 500 B\n\n", 404, http.Header{"X-A": {"1"}}},
	{"a second Status field is not looked at", "Status: 404 A\nStatus: bad\n\n", 404, http.Header{}},
	{"of two Content-Type fields the last counts, as for nginx", "Content-Type: text/a\ncontent-type: text/b\n\n", 200, http.Header{"Content-Type": {"text/b"}}},
	{"more than 8 KB", "X-A: " + strings.Repeat("a", 9000) + "\nX-B: b\n\n", 200, http.Header{"X-A": {strings.Repeat("a", 9000)}, "X-B": {"b"}}},
}

func TestParseHead(t *testing.T) {
	for _, row := range headRows {
		t.Run(row.text, func(t *testing.T) {
			status, h, n, err := ParseHead([]byte(row.head + "body\n\n"))
			if status != row.status || n != len(row.head) || err != nil {
				t.Errorf("%d, %d of %d bytes, %v", status, n, len(row.head), err)
			}
			if diff := cmp.Diff(row.h, h); diff != "" {
				t.Error(diff)
			}
			for i := range len(row.head) {
				if status, h, n, err := ParseHead([]byte(row.head[:i])); status != 0 || h != nil || n != 0 || err != nil {
					t.Fatalf("the first %d bytes: %d, %v, %d, %v", i, status, h, n, err)
				}
			}
		})
	}
}

// nginx, Apache and lighttpd answer 200, with what follows the first line's end as the body.
func TestParseHeadEmpty(t *testing.T) {
	for _, row := range []struct{ head, body string }{{"\n", "body"}, {"\r\n", "body"}, {"\n", "\nbody"}, {"\r\n", "\r\nbody"}} {
		status, h, n, err := ParseHead([]byte(row.head + row.body))
		if status != 200 || len(h) != 0 || n != len(row.head) || err != nil {
			t.Errorf("%q: %d, %v, %d, %v", row.head+row.body, status, h, n, err)
		}
	}
}

func TestParseHeadRefuses(t *testing.T) {
	for _, row := range []struct{ text, head, want string }{
		{"a folded line", "X-A: 1\n folded\n\n", `header line 2: " folded"`},
		{"a line without a colon", "hello, world\n\n", `header line 1: "hello, world"`},
		{"an HTML page without a head", "<html>\n\n", `header line 1: "<html>"`},
		{"an empty name", ": x\n\n", `header line 1: ": x"`},
		{"a blank before the colon", "X-A : x\n\n", `header line 1: "X-A : x"`},
		{"a NUL in a value", "X-A: a\x00b\n\n", `header value in line 1: "X-A: a\x00b"`},
		{"a CR in a value", "X-A: a\rb\n\n", `header value in line 1: "X-A: a\rb"`},
		{"a status of two digits", "Status: 99\n\n", `status in line 1: "Status: 99"`},
		{"a status of four digits", "Status: 1000\n\n", `status in line 1: "Status: 1000"`},
		{"a bogus status", "Status: OK\n\n", `status in line 1: "Status: OK"`},
		{"a signed status", "Status: +20\n\n", `status in line 1: "Status: +20"`},
		{"an empty status", "Status:\n\n", `status in line 1: "Status:"`},
		{"a status of four digits, and words", "Status: 4044 Nope\n\n", `status in line 1: "Status: 4044 Nope"`},
		{"a status that begins with 0", "Status: 099\n\n", `status in line 1: "Status: 099"`},
		{"the offending line is told by its number", "X-A: 1\r\nX-B: 2\r\nStatus: many\r\nX-C: 3\r\n\r\n", `status in line 3: "Status: many"`},
		{"a status line of nonsense", "HTTP/x 200 OK\n\n", `status line 1: "HTTP/x 200 OK"`},
		{"a status line without a status", "HTTP/1.1\n\n", `status line 1: "HTTP/1.1"`},
		{"a status line in the middle", "X-A: 1\nHTTP/1.1 200 OK\n\n", `header line 2: "HTTP/1.1 200 OK"`},
		{"a long bad line is shown in part", strings.Repeat("x", 500) + "\n\n", strings.Repeat("x", 80) + `..."`},
	} {
		t.Run(row.text, func(t *testing.T) {
			_, h, n, err := ParseHead([]byte(row.head))
			if h != nil || n != len(row.head) || !errors.Is(err, ErrUpstream) || !errors.Is(err, ErrMalformed) || Status(err) != 502 {
				t.Fatalf("%v, %d, %v, %d", h, n, err, Status(err))
			}
			if !strings.HasSuffix(err.Error(), row.want) {
				t.Errorf("%v does not end in %s", err, row.want)
			}
		})
	}
}

func TestAppendHead(t *testing.T) {
	for _, row := range []struct {
		text   string
		form   HeadForm
		status int
		h      http.Header
		want   string
	}{
		{"a field", StatusField, 200, http.Header{"Content-Type": {"text/plain"}}, "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n"},
		{"a line", StatusLine, 404, http.Header{"X-B": {"2"}, "X-A": {"1", "3"}}, "HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-A: 3\r\nX-B: 2\r\n\r\n"},
		{"a status that nobody has named", StatusField, 799, nil, "Status: 799 \r\n\r\n"},
		{"behind what is there", StatusLine, 204, nil, "HTTP/1.1 204 No Content\r\n\r\n"},
	} {
		t.Run(row.text, func(t *testing.T) {
			got := string(AppendHead([]byte("before"), row.form, row.status, row.h))
			if diff := cmp.Diff("before"+row.want, got); diff != "" {
				t.Error(diff)
			}
			status, _, n, err := ParseHead([]byte(row.want))
			if status != row.status || n != len(row.want) || err != nil {
				t.Errorf("it parses as %d, %d, %v", status, n, err)
			}
		})
	}
}

func TestAppendHeadPutsLocationBeforeStatus(t *testing.T) {
	h := http.Header{"Location": {"/a"}, "Content-Type": {"a/b"}}
	got := string(AppendHead(nil, StatusField, 201, h))
	status, parsed, _, err := ParseHead([]byte(got))
	if err != nil || status != 201 || cmp.Diff(h, parsed) != "" {
		t.Errorf("%q parses as %d, %v, %v", got, status, parsed, err)
	}
	if strings.Index(got, "Location") > strings.Index(got, "Status") {
		t.Errorf("%q: HAProxy makes a 302 of a Location that follows the Status", got)
	}
}

func TestReadHeadAtEverySplit(t *testing.T) {
	const body = "the body\n\nand more"
	for _, row := range headRows {
		whole := row.head + body
		for split := range min(len(whole), 200) {
			r := io.MultiReader(strings.NewReader(whole[:split]), strings.NewReader(whole[split:]))
			status, h, rest, err := ReadHead(r, 16<<10)
			more, _ := io.ReadAll(r)
			if status != row.status || err != nil || string(rest)+string(more) != body || cmp.Diff(row.h, h) != "" {
				t.Fatalf("%s, split at %d: %d, %v, %q + %q", row.text, split, status, err, rest, more)
			}
		}
		status, _, rest, err := ReadHead(iotest.OneByteReader(strings.NewReader(whole)), 16<<10)
		if status != row.status || len(rest) != 0 || err != nil {
			t.Errorf("%s, byte by byte: %d, %q, %v", row.text, status, rest, err)
		}
	}
}

func TestReadHeadRefuses(t *testing.T) {
	for _, row := range []struct {
		text  string
		r     io.Reader
		kinds []error
		want  string
	}{
		{"nothing", strings.NewReader(""), []error{ErrUpstream, io.ErrUnexpectedEOF}, "ended after 0 bytes"},
		{"half a head", strings.NewReader("Status: 200\nX-A"), []error{ErrUpstream, io.ErrUnexpectedEOF}, "ended after 15 bytes"},
		{"beyond the limit, without an end", strings.NewReader(strings.Repeat("X-A: 1\n", 50)), []error{ErrUpstream, ErrTooLarge}, "> 100 bytes"},
		{"beyond the limit, with one", strings.NewReader(strings.Repeat("X-A: 1\n", 50) + "\n"), []error{ErrUpstream, ErrTooLarge}, "> 100 bytes"},
		{"one line beyond the limit", strings.NewReader(strings.Repeat("x", 10000)), []error{ErrUpstream, ErrTooLarge}, "> 100 bytes"},
		{"a failing reader", iotest.ErrReader(io.ErrClosedPipe), []error{io.ErrClosedPipe}, "closed pipe"},
		{"a malformed head", strings.NewReader("nonsense\n\n"), []error{ErrUpstream, ErrMalformed}, "nonsense"},
	} {
		t.Run(row.text, func(t *testing.T) {
			status, h, rest, err := ReadHead(row.r, 100)
			if status != 0 || h != nil || err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("%d, %v, %q, %v", status, h, rest, err)
			}
			for _, kind := range row.kinds {
				if !errors.Is(err, kind) {
					t.Errorf("%v is no %v", err, kind)
				}
			}
		})
	}
}

func TestReadHeadToTheLimit(t *testing.T) {
	head := "X-A: " + strings.Repeat("a", 93) + "\n\n"
	if status, _, _, err := ReadHead(strings.NewReader(head+strings.Repeat("b", 5000)), len(head)); status != 200 || err != nil {
		t.Errorf("a head of just the limit: %d, %v", status, err)
	}
	many := bytes.Repeat([]byte("X-A: "+strings.Repeat("v", 100)+"\n"), 2000)
	status, h, rest, err := ReadHead(iotest.HalfReader(io.MultiReader(bytes.NewReader(many), strings.NewReader("\nbody"))), 256<<10)
	if status != 200 || len(h["X-A"]) != 2000 || err != nil {
		t.Errorf("2,000 lines: %d, %d, %q, %v", status, len(h["X-A"]), rest, err)
	}
}
