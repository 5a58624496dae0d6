package uwsgi

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

// packet frames names and values by turns as a packet of that kind.
func packet(kind modifier, namesAndValues ...string) string {
	var block []byte
	for _, s := range namesAndValues {
		block = appendString(block, s)
	}
	return string(appendHeader(nil, header{modifier1: kind, size: len(block)})) + string(block)
}

func answer(status int, contentType, more, text string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\nContent-Type: %s\r\n%s\r\n%s", status, http.StatusText(status), len(text), contentType, more, text)
}

// page is an error's answer.
func page(status int) string {
	text := fmt.Sprintf("%d %s\n", status, http.StatusText(status))
	return answer(status, "text/plain; charset=utf-8", "X-Content-Type-Options: nosniff\r\n", text)
}

func ok(text string) string { return answer(200, "text/plain", "", text) }

// conversations are what a front says before it closes its side, and what it hears.
var conversations = []struct {
	text string
	says string
	hear string
	log  string // a part of what is logged; "" for nothing at all
}{
	{
		text: "a request without a body or CONTENT_LENGTH",
		says: packet(0, "A", "b"),
		hear: ok("\"A\"=\"b\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "CONTENT_LENGTH empty, as nginx sends it for a GET",
		says: packet(0, "CONTENT_LENGTH", ""),
		hear: ok("\"CONTENT_LENGTH\"=\"\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "a body, and bytes beyond it that are not the body's",
		says: packet(0, "CONTENT_LENGTH", "5") + "hello, world",
		hear: ok("\"CONTENT_LENGTH\"=\"5\"\n0 0: 5 bytes \"hello\" <nil>\n"),
	},
	{
		text: "modifiers are the handler's",
		says: "\x0e\x05\x00\x07" + "\x01\x00A\x00\x00",
		hear: ok("\"A\"=\"\"\n14 7: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "modifier 30 cuts SCRIPT_NAME off PATH_INFO",
		says: packet(30, "SCRIPT_NAME", "/app", "PATH_INFO", "/app/x"),
		hear: ok("\"SCRIPT_NAME\"=\"/app\"\n\"PATH_INFO\"=\"/x\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "modifier 30 and a SCRIPT_NAME with slashes at its end, and another before that",
		says: packet(30, "PATH_INFO", "/app/x", "SCRIPT_NAME", "", "SCRIPT_NAME", "/app//"),
		hear: ok("\"PATH_INFO\"=\"/x\"\n\"SCRIPT_NAME\"=\"/app\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "modifier 30 cuts whole elements",
		says: packet(30, "SCRIPT_NAME", "/app", "PATH_INFO", "/apple"),
		hear: ok("\"SCRIPT_NAME\"=\"\"\n\"PATH_INFO\"=\"/apple\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "modifier 30 without a SCRIPT_NAME, or without a PATH_INFO",
		says: packet(30, "SCRIPT_NAME", "/app"),
		hear: ok("\"SCRIPT_NAME\"=\"/app\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "the variables by which uWSGI loads programs are variables like any other",
		says: packet(0, "UWSGI_FILE", "exec://id", "UWSGI_SETENV", "A=b", "UWSGI_CHDIR", "/"),
		hear: ok("\"UWSGI_FILE\"=\"exec://id\"\n\"UWSGI_SETENV\"=\"A=b\"\n\"UWSGI_CHDIR\"=\"/\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		text: "an empty connection is not an error: Apache answers 411 by itself after it has connected",
	},
	{
		text: "a ping",
		says: "\x64\x00\x00\x00",
		hear: "\x64\x00\x00\x01",
	},
	{
		text: "a ping with a block",
		says: "\x64\x03\x00\x00abc",
		hear: "\x64\x00\x00\x01",
	},
	{
		text: "half a ping",
		says: "\x64\x00",
		hear: page(400),
		log:  "uwsgi: read head: aborted: the connection ended after 2 bytes: unexpected EOF",
	},
	{
		text: "a body that ends too early is never taken for whole",
		says: packet(0, "CONTENT_LENGTH", "5") + "hell",
		hear: page(400),
		log:  "unexpected EOF",
	},
	{
		text: "an end in the variables",
		says: packet(0, "A", "b")[:7],
		hear: page(400),
		log:  `level=INFO msg="request failed" err="uwsgi: read head: aborted: the connection ended after 7 bytes: unexpected EOF" protocol=uwsgi peer=script`,
	},
	{
		text: "datasize 0: a request without variables",
		says: "\x00\x00\x00\x00",
		hear: page(400),
		log:  "uwsgi: read params: malformed: a request without variables",
	},
	{
		text: "a variable without a name",
		says: packet(0, "", "x"),
		hear: page(400),
		log:  `level=WARN msg="request failed" err="uwsgi: read params: malformed: variable 1 has no name`,
	},
	{
		text: "a name of 65,535 bytes: 16-bit arithmetic ended mattn/go-uwsgi",
		says: "\x00\x04\x00\x00\xff\xffAB",
		hear: page(400),
		log:  "uwsgi: read params: malformed: the name of variable 1 takes 65537 bytes of the 4 that are left of the block",
	},
	{
		text: "datasize one too small",
		says: "\x00\x05\x00\x00" + "\x01\x00A\x01\x00b",
		hear: page(400),
		log:  "uwsgi: read params: malformed: the value of variable 1 takes 3 bytes of the 2 that are left of the block",
	},
	{
		text: "datasize one too large: the body's first byte is no variable",
		says: "\x00\x07\x00\x00" + "\x01\x00A\x01\x00bX",
		hear: page(400),
		log:  "uwsgi: read params: malformed: the name of variable 2 takes 2 bytes of the 1 that are left of the block",
	},
	{
		text: "more bytes of variables than the limit, of which none is waited for",
		says: "\x00\x01\x10\x00",
		hear: page(431),
		log:  `level=WARN msg="request failed" err="uwsgi: read params: too large: 4097 > 4096 bytes`,
	},
	{
		text: "more variables than the limit",
		says: packet(0, strings.Split(strings.Repeat("A b ", 33), " ")[:66]...),
		hear: page(431),
		log:  "uwsgi: read params: too large: 33 > 32 variables",
	},
	{
		text: "a body beyond its limit is refused before it is read",
		says: packet(0, "CONTENT_LENGTH", "100001"),
		hear: page(413),
		log:  "uwsgi: read body: too large: 100001 > 100000 bytes",
	},
	{
		text: "CONTENT_LENGTH and more: uWSGI reads 5",
		says: packet(0, "CONTENT_LENGTH", "5abc"),
		hear: page(400),
		log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"5abc\"" protocol=uwsgi peer=script`,
	},
	{
		text: "CONTENT_LENGTH with a sign: gunicorn reads 5",
		says: packet(0, "CONTENT_LENGTH", "+5"),
		hear: page(400),
		log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"+5\"" protocol=uwsgi peer=script`,
	},
	{
		text: "CONTENT_LENGTH negative",
		says: packet(0, "CONTENT_LENGTH", "-1"),
		hear: page(400),
		log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"-1\"" protocol=uwsgi peer=script`,
	},
	{
		text: "CONTENT_LENGTH beyond 63 bits",
		says: packet(0, "CONTENT_LENGTH", "9223372036854775808"),
		hear: page(400),
		log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"9223372036854775808\"" protocol=uwsgi peer=script`,
	},
	{
		text: "a last CONTENT_LENGTH that is wrong, after one that is right",
		says: packet(0, "CONTENT_LENGTH", "5", "CONTENT_LENGTH", "+6"),
		hear: page(400),
		log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"+6\"" protocol=uwsgi peer=script`,
	},
	{
		text: "no CONTENT_LENGTH, and the client's is another",
		says: packet(0, "REQUEST_METHOD", "POST", "HTTP_CONTENT_LENGTH", "5") + "hello",
		hear: page(400),
		log:  "uwsgi_request_buffering off",
	},
	{
		text: "RPC is another issue's",
		says: "\xad\x07\x00\x00\x05\x00hello",
		hear: page(501),
		log:  `level=WARN msg="request failed" err="uwsgi: read head: unsupported: modifier1 173 (RPC)" protocol=uwsgi peer=script`,
	},
	{
		text: "code to run is never run",
		says: "\x16\x04\x00\x00quit",
		hear: page(501),
		log:  "uwsgi: read head: unsupported: modifier1 22 (eval)",
	},
	{
		text: "an unknown modifier, on which uWSGI closes without a word",
		says: "\xb1\x00\x00\x00",
		hear: page(501),
		log:  "uwsgi: read head: unsupported: modifier1 177",
	},
	{
		text: "HTTP: the front uses proxy_pass; it is not read as a block of 21,573 bytes",
		says: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		hear: page(400),
		log:  "uwsgi: read head: malformed: HTTP on a uwsgi listener: the front uses proxy_pass where uwsgi_pass is meant",
	},
	{
		text: "FastCGI: the front uses fastcgi_pass",
		says: "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
		hear: page(400),
		log:  "uwsgi: read head: malformed: FastCGI on a uwsgi listener: the front uses fastcgi_pass where uwsgi_pass is meant",
	},
	{
		text: "SCGI: the front uses scgi_pass",
		says: "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,",
		hear: page(400),
		log:  "uwsgi: read head: malformed: SCGI on a uwsgi listener: the front uses scgi_pass where uwsgi_pass is meant",
	},
	{
		text: "TLS",
		says: "\x16\x03\x01\x02\x00\x01",
		hear: page(400),
		log:  "uwsgi: read head: malformed: TLS on a uwsgi listener: the front speaks TLS where none is meant",
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

// Every kind of request is served, and no other kind.
func TestModifiers(t *testing.T) {
	served := map[int]bool{0: true, 5: true, 6: true, 7: true, 9: true, 14: true, 30: true}
	for kind := range 256 {
		b, _ := netiotest.Play(Protocol{}, nil, netiotest.Report, []byte(packet(modifier(kind), "CONTENT_LENGTH", "0")), nil)
		want := "HTTP/1.1 501 "
		switch {
		case served[kind]:
			want = "HTTP/1.1 200 "
		case kind == int(kindPing):
			want = "\x64\x00\x00\x01"
		case kind >= '0' && kind <= '9': // as a netstring begins
			want = "HTTP/1.1 400 "
		}
		if !strings.HasPrefix(string(b), want) {
			t.Errorf("modifier1 %d: %q, want %q", kind, b, want)
		}
	}
}

// Whatever is missing of a good request, it is never served.
func TestEveryStrictPrefixFails(t *testing.T) {
	for _, row := range golden {
		whole := row.bytes + strings.Repeat("x", int(row.length))
		for i := 1; i < min(len(whole), 1000); i++ {
			answer, log := netiotest.Play(Protocol{}, nil, netiotest.Report, []byte(whole[:i]), nil)
			if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(log, "unexpected EOF") {
				t.Errorf("%s, %d bytes of %d: %q, %s", row.text, i, len(whole), answer, log)
			}
		}
	}
}

// Every head is a status line, and nothing but a 101 is below 200.
func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		text string
		h    http.HandlerFunc
		hear string
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "HTTP/1.1 204 No Content\r\n\r\n"},
		{"a 1xx is not sent", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) },
			"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
		{"never chunked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Transfer-Encoding", "chunked")
			w.Header().Set("Content-Type", "a/b")
			io.WriteString(w, "one")
			w.(http.Flusher).Flush()
			io.WriteString(w, "two")
		}, "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\nonetwo"},
		{"a Status field is not the handler's to send: nginx would show it", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Status", "500 no")
		}, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"an unknown status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) }, "HTTP/1.1 799 \r\nContent-Length: 0\r\n\r\n"},
	} {
		t.Run(row.text, func(t *testing.T) {
			answer, _ := netiotest.Play(Protocol{}, nil, protocol.FromHTTP(row.h), []byte(packet(0, "REQUEST_METHOD", "GET")), nil)
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
	says := packet(0, "CONTENT_LENGTH", "3", "REQUEST_METHOD", "PUT", "REQUEST_URI", "/a%20b?c", "HTTP_X", "1", "HTTP_X", "2",
		"HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2", "HTTP_PROXY", "evil", "HTTP_TRANSFER_ENCODING", "chunked", "HTTP_CONTENT_LENGTH", "3") + "abc"
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
