package uwsgi

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// packet frames names and values by turns as a packet of that kind.
func packet(kind Modifier, namesAndValues ...string) string {
	var block []byte
	for _, s := range namesAndValues {
		block = AppendString(block, s)
	}
	return string(AppendHeader(nil, Header{Modifier1: kind, Size: len(block)})) + string(block)
}

// stream is uwsgi for the tests that SCGI has too.
var stream = &netiotest.Stream{
	Protocol: Protocol{},
	Client: func(dial func(context.Context) (net.Conn, error), lim *protocol.Limits) protocol.RoundTripper {
		return &Client{Dial: dial, Limits: lim}
	},
	Head: func(length int, more ...string) string {
		return packet(0, append(netiotest.Length(length), more...)...)
	},
	StatusPrefix: "HTTP/1.1",
}

var conversations = []netiotest.Conversation{
	{
		Text: "a request without a body or CONTENT_LENGTH",
		Says: packet(0, "A", "b"),
		Hear: stream.OK("\"A\"=\"b\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "CONTENT_LENGTH empty, as nginx sends it for a GET",
		Says: packet(0, "CONTENT_LENGTH", ""),
		Hear: stream.OK("\"CONTENT_LENGTH\"=\"\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "a body, and bytes beyond it that are not the body's",
		Says: packet(0, "CONTENT_LENGTH", "5") + "hello, world",
		Hear: stream.OK("\"CONTENT_LENGTH\"=\"5\"\n0 0: 5 bytes \"hello\" <nil>\n"),
	},
	{
		Text: "modifiers are the handler's",
		Says: "\x0e\x05\x00\x07" + "\x01\x00A\x00\x00",
		Hear: stream.OK("\"A\"=\"\"\n14 7: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "modifier 30 cuts SCRIPT_NAME off PATH_INFO",
		Says: packet(30, "SCRIPT_NAME", "/app", "PATH_INFO", "/app/x"),
		Hear: stream.OK("\"SCRIPT_NAME\"=\"/app\"\n\"PATH_INFO\"=\"/x\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "modifier 30 and a SCRIPT_NAME with slashes at its end, and another before that",
		Says: packet(30, "PATH_INFO", "/app/x", "SCRIPT_NAME", "", "SCRIPT_NAME", "/app//"),
		Hear: stream.OK("\"PATH_INFO\"=\"/x\"\n\"SCRIPT_NAME\"=\"/app\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "modifier 30 cuts whole elements",
		Says: packet(30, "SCRIPT_NAME", "/app", "PATH_INFO", "/apple"),
		Hear: stream.OK("\"SCRIPT_NAME\"=\"\"\n\"PATH_INFO\"=\"/apple\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "modifier 30 without a SCRIPT_NAME, or without a PATH_INFO",
		Says: packet(30, "SCRIPT_NAME", "/app"),
		Hear: stream.OK("\"SCRIPT_NAME\"=\"/app\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "the variables by which uWSGI loads programs are variables like any other",
		Says: packet(0, "UWSGI_FILE", "exec://id", "UWSGI_SETENV", "A=b", "UWSGI_CHDIR", "/"),
		Hear: stream.OK("\"UWSGI_FILE\"=\"exec://id\"\n\"UWSGI_SETENV\"=\"A=b\"\n\"UWSGI_CHDIR\"=\"/\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "an empty connection is not an error: Apache answers 411 by itself after it has connected",
	},
	{
		Text: "a ping",
		Says: "\x64\x00\x00\x00",
		Hear: "\x64\x00\x00\x01",
	},
	{
		Text: "a ping with a block",
		Says: "\x64\x03\x00\x00abc",
		Hear: "\x64\x00\x00\x01",
	},
	{
		Text: "half a ping",
		Says: "\x64\x00",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read head: aborted: the connection ended after 2 bytes: unexpected EOF",
	},
	{
		Text: "a body that ends too early is never taken for whole",
		Says: packet(0, "CONTENT_LENGTH", "5") + "hell",
		Hear: stream.ErrorPage(400),
		Log:  "unexpected EOF",
	},
	{
		Text: "an end in the variables",
		Says: packet(0, "A", "b")[:7],
		Hear: stream.ErrorPage(400),
		Log:  `level=INFO msg="request failed" err="uwsgi: read head: aborted: the connection ended after 7 bytes: unexpected EOF" protocol=uwsgi peer=script`,
	},
	{
		Text: "datasize 0: a request without variables",
		Says: "\x00\x00\x00\x00",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read params: malformed: a request without variables",
	},
	{
		Text: "a variable without a name",
		Says: packet(0, "", "x"),
		Hear: stream.ErrorPage(400),
		Log:  `level=WARN msg="request failed" err="uwsgi: read params: malformed: variable 1 has no name`,
	},
	{
		Text: "a name of 65,535 bytes: 16-bit arithmetic ended mattn/go-uwsgi",
		Says: "\x00\x04\x00\x00\xff\xffAB",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read params: malformed: the name of variable 1 takes 65537 bytes of the 4 that are left of the block",
	},
	{
		Text: "datasize one too small",
		Says: "\x00\x05\x00\x00" + "\x01\x00A\x01\x00b",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read params: malformed: the value of variable 1 takes 3 bytes of the 2 that are left of the block",
	},
	{
		Text: "datasize one too large: the body's first byte is no variable",
		Says: "\x00\x07\x00\x00" + "\x01\x00A\x01\x00bX",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read params: malformed: the name of variable 2 takes 2 bytes of the 1 that are left of the block",
	},
	{
		Text: "more bytes of variables than the limit, of which none is waited for",
		Says: "\x00\x01\x10\x00",
		Hear: stream.ErrorPage(431),
		Log:  `level=WARN msg="request failed" err="uwsgi: read params: too large: 4097 > 4096 bytes`,
	},
	{
		Text: "more variables than the limit",
		Says: packet(0, strings.Split(strings.Repeat("A b ", 33), " ")[:66]...),
		Hear: stream.ErrorPage(431),
		Log:  "uwsgi: read params: too large: 33 > 32 variables",
	},
	{
		Text: "a body beyond its limit is refused before it is read",
		Says: packet(0, "CONTENT_LENGTH", "100001"),
		Hear: stream.ErrorPage(413),
		Log:  "uwsgi: read body: too large: 100001 > 100000 bytes",
	},
	{
		Text: "CONTENT_LENGTH and more: uWSGI reads 5",
		Says: packet(0, "CONTENT_LENGTH", "5abc"),
		Hear: stream.ErrorPage(400),
		Log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"5abc\"" protocol=uwsgi peer=script`,
	},
	{
		Text: "CONTENT_LENGTH with a sign: gunicorn reads 5",
		Says: packet(0, "CONTENT_LENGTH", "+5"),
		Hear: stream.ErrorPage(400),
		Log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"+5\"" protocol=uwsgi peer=script`,
	},
	{
		Text: "CONTENT_LENGTH negative",
		Says: packet(0, "CONTENT_LENGTH", "-1"),
		Hear: stream.ErrorPage(400),
		Log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"-1\"" protocol=uwsgi peer=script`,
	},
	{
		Text: "CONTENT_LENGTH beyond 63 bits",
		Says: packet(0, "CONTENT_LENGTH", "9223372036854775808"),
		Hear: stream.ErrorPage(400),
		Log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"9223372036854775808\"" protocol=uwsgi peer=script`,
	},
	{
		Text: "a last CONTENT_LENGTH that is wrong, after one that is right",
		Says: packet(0, "CONTENT_LENGTH", "5", "CONTENT_LENGTH", "+6"),
		Hear: stream.ErrorPage(400),
		Log:  `err="uwsgi: read params: malformed: CONTENT_LENGTH \"+6\"" protocol=uwsgi peer=script`,
	},
	{
		Text: "no CONTENT_LENGTH, and the client's is another",
		Says: packet(0, "REQUEST_METHOD", "POST", "HTTP_CONTENT_LENGTH", "5") + "hello",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi_request_buffering off",
	},
	{
		Text: "a body in chunks, whose length nobody tells",
		Says: packet(0, "REQUEST_METHOD", "POST", "HTTP_TRANSFER_ENCODING", "chunked") + "5\r\nhello\r\n0\r\n\r\n",
		Hear: stream.ErrorPage(411),
		Log:  "no CONTENT_LENGTH: have the front take the body in first",
	},
	{
		Text: "RPC, without a row for it",
		Says: "\xad\x07\x00\x00\x05\x00hello",
		Hear: stream.ErrorPage(501),
		Log:  `level=WARN msg="request failed" err="uwsgi: read head: unsupported: modifier1 173 (RPC)" protocol=uwsgi peer=script`,
	},
	{
		Text: "code to run is never run",
		Says: "\x16\x04\x00\x00quit",
		Hear: stream.ErrorPage(501),
		Log:  "uwsgi: read head: unsupported: modifier1 22 (eval)",
	},
	{
		Text: "an unknown modifier, on which uWSGI closes without a word",
		Says: "\xb1\x00\x00\x00",
		Hear: stream.ErrorPage(501),
		Log:  "uwsgi: read head: unsupported: modifier1 177",
	},
	{
		Text: "HTTP: the front uses proxy_pass; it is not read as a block of 21,573 bytes",
		Says: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read head: malformed: HTTP on a uwsgi listener: the front uses proxy_pass where uwsgi_pass is meant",
	},
	{
		Text: "FastCGI: the front uses fastcgi_pass",
		Says: "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read head: malformed: FastCGI on a uwsgi listener: the front uses fastcgi_pass where uwsgi_pass is meant",
	},
	{
		Text: "SCGI: the front uses scgi_pass",
		Says: "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read head: malformed: SCGI on a uwsgi listener: the front uses scgi_pass where uwsgi_pass is meant",
	},
	{
		Text: "what is of no protocol that the bytes show",
		Says: "12 apples",
		Hear: stream.ErrorPage(400),
		Log:  `uwsgi: read head: malformed: what came is no uwsgi: it begins with \"12 a`,
	},
	{
		Text: "TLS",
		Says: "\x16\x03\x01\x02\x00\x01",
		Hear: stream.ErrorPage(400),
		Log:  "uwsgi: read head: malformed: TLS on a uwsgi listener: the front speaks TLS where none is meant",
	},
}

func TestConversations(t *testing.T) { stream.Conversations(t, conversations) }

// Every kind of request is served, and no other kind.
func TestModifiers(t *testing.T) {
	served := map[int]bool{0: true, 5: true, 6: true, 7: true, 9: true, 14: true, 30: true}
	for kind := range 256 {
		b, _ := netiotest.Play(Protocol{}, nil, netiotest.Report, []byte(packet(Modifier(kind), "CONTENT_LENGTH", "0")), nil)
		want := "HTTP/1.1 501 "
		switch {
		case served[kind]:
			want = "HTTP/1.1 200 "
		case kind == int(ModifierPing):
			want = "\x64\x00\x00\x01"
		case kind >= '0' && kind <= '9': // as a netstring begins
			want = "HTTP/1.1 400 "
		}
		if !strings.HasPrefix(string(b), want) {
			t.Errorf("modifier1 %d: %q, want %q", kind, b, want)
		}
	}
}

func TestEveryStrictPrefixFails(t *testing.T) {
	for _, row := range golden {
		stream.StrictPrefixes(t, row.text, row.bytes+strings.Repeat("x", int(row.length)))
	}
}

func TestAnswers(t *testing.T) {
	stream.Answers(t, netiotest.Answer{
		Text:    "a Status field is not the handler's to send: nginx would show it",
		Handler: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Status", "500 no") },
		Hear:    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	})
}

func TestDerived(t *testing.T) { stream.Derived(t) }

func TestEnds(t *testing.T) { stream.Ends(t) }

func TestRecorded(t *testing.T) { stream.Recorded(t, "/u") }
