package netiotest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// A Stream is a protocol whose connections carry one request, and its client, as a test uses them.
// Its methods are tests of what all such protocols have in common.
type Stream struct {
	Protocol protocol.Protocol
	// Client returns a client that connects by dial. lim may be nil.
	Client func(dial func(context.Context) (net.Conn, error), lim *protocol.Limits) protocol.RoundTripper
	// Head encodes a request's head, with the length of its body and more variables.
	Head func(length int, namesAndValues ...string) string
	// StatusPrefix is how a response's head begins: "HTTP/1.1" or "Status:".
	StatusPrefix string
}

// Length is the variable that tells a body's length.
func Length(n int) []string { return []string{"CONTENT_LENGTH", strconv.Itoa(n)} }

// OK is the response that has Report's header and that text.
func (x *Stream) OK(text string) string {
	return x.response(http.StatusOK, "text/plain", "", text)
}

// ErrorPage is the response to a request that failed: the status alone. What went wrong is for the
// log.
func (x *Stream) ErrorPage(status int) string {
	text := fmt.Sprintf("%d %s\n", status, http.StatusText(status))
	return x.response(status, "text/plain; charset=utf-8", "X-Content-Type-Options: nosniff\r\n", text)
}

func (x *Stream) response(status int, contentType, more, text string) string {
	return fmt.Sprintf("%s %d %s\r\nContent-Length: %d\r\nContent-Type: %s\r\n%s\r\n%s",
		x.StatusPrefix, status, http.StatusText(status), len(text), contentType, more, text)
}

// A Conversation is what a front says before it closes its side, and what it hears.
type Conversation struct {
	Text string
	Says string
	Hear string
	Log  string // a part of what is logged; "" for nothing at all
}

// Conversations tests that Report answers each row in the same way, however what the front says is
// cut. A block of variables may have 4,096 bytes and 32 variables, a body 100,000 bytes.
func (x *Stream) Conversations(t *testing.T, rows []Conversation) {
	lim := &protocol.Limits{ParamBytes: 4096, ParamCount: 32, Body: 100000}
	for _, row := range rows {
		t.Run(row.Text, func(t *testing.T) {
			for name, cuts := range map[string][]byte{"at once": nil, "a byte at a time": Single(len(row.Says))} {
				answer, log := Play(x.Protocol, lim, Report, []byte(row.Says), cuts)
				if diff := cmp.Diff(row.Hear, string(answer)); diff != "" {
					t.Errorf("%s:\n%s", name, diff)
				}
				if !strings.Contains(log, row.Log) || row.Log == "" && log != "" {
					t.Errorf("%s: logged %s", name, log)
				}
			}
		})
	}
}

// StrictPrefixes tests that a request of which a part is missing is never served. Prefixes of 1,000
// bytes and more are left out.
func (x *Stream) StrictPrefixes(t *testing.T, text, request string) {
	for i := 1; i < min(len(request), 1000); i++ {
		answer, log := Play(x.Protocol, nil, Report, []byte(request[:i]), nil)
		if !strings.HasPrefix(string(answer), x.StatusPrefix+" 400 ") || !strings.Contains(log, "unexpected EOF") {
			t.Errorf("%s, %d bytes of %d: %q, %s", text, i, len(request), answer, log)
		}
	}
}

// An Answer is a handler and what the front hears of it.
type Answer struct {
	Text    string
	Handler http.HandlerFunc
	Hear    string
}

// Answers tests that every head has its status, that nothing but a 101 is below 200, and more rows.
func (x *Stream) Answers(t *testing.T, more ...Answer) {
	rows := append([]Answer{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, x.StatusPrefix + " 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, x.StatusPrefix + " 204 No Content\r\n\r\n"},
		{"a 1xx is not sent", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) },
			x.StatusPrefix + " 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
		{"never chunked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Transfer-Encoding", "chunked")
			w.Header().Set("Content-Type", "a/b")
			io.WriteString(w, "one")
			w.(http.Flusher).Flush()
			io.WriteString(w, "two")
		}, x.StatusPrefix + " 200 OK\r\nContent-Type: a/b\r\n\r\nonetwo"},
		{"an unknown status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) },
			x.StatusPrefix + " 799 \r\nContent-Length: 0\r\n\r\n"},
	}, more...)
	for _, row := range rows {
		t.Run(row.Text, func(t *testing.T) {
			answer, _ := Play(x.Protocol, nil, protocol.FromHTTP(row.Handler), []byte(x.Head(0, "REQUEST_METHOD", "GET")), nil)
			if diff := cmp.Diff(row.Hear, string(answer)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Derived tests what net/http's handler sees: repeated fields joined, no Proxy, no coding of a body
// that the front has taken apart.
func (x *Stream) Derived(t *testing.T) {
	var got *http.Request
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; io.Copy(w, r.Body) })
	says := x.Head(3, "REQUEST_METHOD", "PUT", "REQUEST_URI", "/a%20b?c", "HTTP_X", "1", "HTTP_X", "2", "HTTP_COOKIE", "a=1",
		"HTTP_COOKIE", "b=2", "HTTP_PROXY", "evil", "HTTP_TRANSFER_ENCODING", "chunked", "HTTP_CONTENT_LENGTH", "3") + "abc"
	answer, _ := Play(x.Protocol, nil, protocol.FromHTTP(h), []byte(says), nil)
	if !strings.HasSuffix(string(answer), "\r\n\r\nabc") {
		t.Errorf("answer %q", answer)
	}
	want := http.Header{"X": {"1, 2"}, "Cookie": {"a=1; b=2"}, "Content-Length": {"3"}}
	if diff := cmp.Diff(want, got.Header); diff != "" || got.TransferEncoding != nil || got.ContentLength != 3 {
		t.Errorf("%v %d\n%s", got.TransferEncoding, got.ContentLength, diff)
	}
	if got.Method != "PUT" || got.URL.Path != "/a b" || got.URL.RawQuery != "c" {
		t.Errorf("%s %v", got.Method, got.URL)
	}
}
