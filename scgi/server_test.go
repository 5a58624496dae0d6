package scgi

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

const head0 = "CONTENT_LENGTH\x000\x00SCGI\x001\x00"

// page is an error's answer: the status alone. What went wrong is for the log.
func page(status int) string {
	text := fmt.Sprintf("%d %s\n", status, http.StatusText(status))
	return fmt.Sprintf("Status: %d %s\r\nContent-Length: %d\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\r\n%s",
		status, http.StatusText(status), len(text), text)
}

func ok(text string) string {
	return fmt.Sprintf("Status: 200 OK\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n\r\n%s", len(text), text)
}

// conversations are what a front says before it closes its side, and what it hears.
var conversations = []struct {
	text string
	says string
	hear string
	log  string // a part of what is logged; "" for nothing at all
}{
	{
		text: "a request without a body",
		says: packet(head0 + "A\x00b\x00"),
		hear: ok("\"CONTENT_LENGTH\"=\"0\"\n\"SCGI\"=\"1\"\n\"A\"=\"b\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "a body, and bytes beyond it that are not the body's",
		says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00") + "hello, world",
		hear: ok("\"CONTENT_LENGTH\"=\"5\"\n\"SCGI\"=\"1\"\n0 0: 5 bytes \"hello\" <nil>\n"),
	},
	{
		text: "an empty connection is not an error: Apache answers 411 by itself after it has connected",
	},
	{
		text: "a body that ends too early is never taken for whole",
		says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00") + "hell",
		hear: page(400),
		log:  "unexpected EOF",
	},
	{
		text: "an end in the netstring's length",
		says: "24",
		hear: page(400),
		log:  `level=INFO msg="request failed" err="scgi: read head: aborted: the connection ended after 2 bytes: unexpected EOF" protocol=scgi peer=script`,
	},
	{
		text: "an end in the variables",
		says: "24:CONTENT_LENGTH",
		hear: page(400),
		log:  "scgi: read head: aborted: the connection ended after 17 bytes: unexpected EOF",
	},
	{
		text: "an end before the comma",
		says: "24:" + head0,
		hear: page(400),
		log:  "scgi: read head: aborted: the connection ended after 27 bytes: unexpected EOF",
	},
	{
		text: "a length that is wrong is named by the protocol too",
		says: packet("CONTENT_LENGTH\x00+5\x00SCGI\x001\x00"),
		hear: page(400),
		log:  `err="scgi: read params: malformed: CONTENT_LENGTH \"+5\"" protocol=scgi peer=script`,
	},
	{
		text: "two lengths that contradict each other: nginx before 1.29.6 with scgi_request_buffering off",
		says: packet("CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00HTTP_CONTENT_LENGTH\x00300000\x00") + "the first bytes of them",
		hear: page(400),
		log: `level=WARN msg="request failed" err="scgi: read params: malformed: CONTENT_LENGTH \"0\" beside HTTP_CONTENT_LENGTH \"300000\": ` +
			"nginx before 1.29.6 does that with `scgi_request_buffering off;`: take it out\"",
	},
	{
		text: "two lengths that are the same",
		says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00HTTP_CONTENT_LENGTH\x005\x00") + "hello",
		hear: ok("\"CONTENT_LENGTH\"=\"5\"\n\"SCGI\"=\"1\"\n\"HTTP_CONTENT_LENGTH\"=\"5\"\n0 0: 5 bytes \"hello\" <nil>\n"),
	},
	{
		text: "a length that is blanked, as for an auth_request: no body comes",
		says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00HTTP_CONTENT_LENGTH\x005\x00CONTENT_LENGTH\x00\x00"),
		hear: ok("\"CONTENT_LENGTH\"=\"5\"\n\"SCGI\"=\"1\"\n\"HTTP_CONTENT_LENGTH\"=\"5\"\n\"CONTENT_LENGTH\"=\"\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "more bytes of variables than the limit, of which none is waited for",
		says: "4097:",
		hear: page(431),
		log:  `level=WARN msg="request failed" err="scgi: read params: too large: 4097 > 4096 bytes`,
	},
	{
		text: "more variables than the limit",
		says: packet(head0 + strings.Repeat("X\x00\x00", 31)),
		hear: page(431),
		log:  "scgi: read params: too large: 33 > 32 variables",
	},
	{
		text: "a body beyond its limit is refused before it is read",
		says: packet("CONTENT_LENGTH\x00100001\x00SCGI\x001\x00"),
		hear: page(413),
		log:  "scgi: read body: too large: 100001 > 100000 bytes",
	},
	{
		text: "HTTP: the front uses proxy_pass; it is answered in its own words",
		says: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		hear: strings.Replace(page(400), "Status:", "HTTP/1.1", 1),
		log:  "scgi: read head: malformed: HTTP on an SCGI listener: the front uses proxy_pass where scgi_pass is meant",
	},
	{
		text: "FastCGI: the front uses fastcgi_pass",
		says: "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
		hear: page(400),
		log:  "scgi: read head: malformed: FastCGI on an SCGI listener: the front uses fastcgi_pass where scgi_pass is meant",
	},
	{
		text: "uwsgi: the front uses uwsgi_pass",
		says: "\x00\x0a\x00\x00\x01\x00A\x01\x00b",
		hear: page(400),
		log:  "scgi: read head: malformed: uwsgi on an SCGI listener: the front uses uwsgi_pass where scgi_pass is meant",
	},
	{
		text: "TLS",
		says: "\x16\x03\x01\x02\x00\x01",
		hear: page(400),
		log:  "scgi: read head: malformed: TLS on an SCGI listener: the front speaks TLS where none is meant",
	},
}

func TestConversations(t *testing.T) {
	lim := &protocol.Limits{ParamBytes: 4096, ParamCount: 32, Body: 100000}
	for _, row := range conversations {
		t.Run(row.text, func(t *testing.T) {
			for name, cuts := range map[string][]byte{"at once": nil, "a byte at a time": netiotest.Single(len(row.says))} {
				answer, log := netiotest.Play(Protocol{}, lim, netiotest.Report, []byte(row.says), cuts)
				if diff := cmp.Diff(row.hear, string(answer)); diff != "" {
					t.Errorf("%s:\n%s", name, diff)
				}
				if !strings.Contains(log, row.log) || row.log == "" && log != "" {
					t.Errorf("%s: logged %s", name, log)
				}
			}
		})
	}
}

// Whatever is missing of a good request, it is never served.
func TestEveryStrictPrefixFails(t *testing.T) {
	for _, row := range golden {
		if row.length > 100 {
			continue
		}
		whole := row.bytes + strings.Repeat("x", int(row.length))
		for i := 1; i < len(whole); i++ {
			answer, log := netiotest.Play(Protocol{}, nil, netiotest.Report, []byte(whole[:i]), nil)
			if !strings.HasPrefix(string(answer), "Status: 400 ") || !strings.Contains(log, "unexpected EOF") {
				t.Errorf("%s, %d bytes of %d: %q, %s", row.text, i, len(whole), answer, log)
			}
		}
	}
}

// Every status has its Status field, and nothing but a 101 is below 200.
func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		text string
		h    http.HandlerFunc
		hear string
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, "Status: 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "Status: 204 No Content\r\n\r\n"},
		{"a 1xx is not sent", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) },
			"Status: 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
		{"never chunked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Transfer-Encoding", "chunked")
			w.Header().Set("Content-Type", "a/b")
			io.WriteString(w, "one")
			w.(http.Flusher).Flush()
			io.WriteString(w, "two")
		}, "Status: 200 OK\r\nContent-Type: a/b\r\n\r\nonetwo"},
		{"a redirect is no redirect inside Apache: the status is said", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/x")
			w.WriteHeader(302)
		}, "Location: /x\r\nStatus: 302 Found\r\nContent-Length: 0\r\n\r\n"},
		{"an unknown status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) }, "Status: 799 \r\nContent-Length: 0\r\n\r\n"},
	} {
		t.Run(row.text, func(t *testing.T) {
			answer, _ := netiotest.Play(Protocol{}, nil, protocol.FromHTTP(row.h), []byte(packet(head0+"REQUEST_METHOD\x00GET\x00")), nil)
			if diff := cmp.Diff(row.hear, string(answer)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What net/http's handler sees: repeated fields joined, no Proxy, no coding of a body that the
// front has taken apart.
func TestDerived(t *testing.T) {
	var got *http.Request
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; io.Copy(w, r.Body) })
	says := packet("CONTENT_LENGTH\x003\x00SCGI\x001\x00REQUEST_METHOD\x00PUT\x00REQUEST_URI\x00/a%20b?c\x00HTTP_X\x001\x00HTTP_X\x002\x00"+
		"HTTP_COOKIE\x00a=1\x00HTTP_COOKIE\x00b=2\x00HTTP_PROXY\x00evil\x00HTTP_TRANSFER_ENCODING\x00chunked\x00HTTP_CONTENT_LENGTH\x003\x00") + "abc"
	answer, _ := netiotest.Play(Protocol{}, nil, protocol.FromHTTP(h), []byte(says), nil)
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
