package scgi

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

const head0 = "CONTENT_LENGTH\x000\x00SCGI\x001\x00"

// stream is SCGI for the tests that uwsgi has too.
var stream = &netiotest.Stream{
	Protocol: Protocol{},
	Client: func(dial func(context.Context) (net.Conn, error), lim *protocol.Limits) protocol.RoundTripper {
		return &Client{Dial: dial, Limits: lim}
	},
	Head: func(length int, more ...string) string {
		all := append(append(netiotest.Length(length), "SCGI", "1"), more...)
		return packet(strings.Join(all, "\x00") + "\x00")
	},
	StatusPrefix: "Status:",
}

var conversations = []netiotest.Conversation{
	{
		Text: "a request without a body",
		Says: packet(head0 + "A\x00b\x00"),
		Hear: stream.OK("\"CONTENT_LENGTH\"=\"0\"\n\"SCGI\"=\"1\"\n\"A\"=\"b\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "a body, and bytes beyond it that are not the body's",
		Says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00") + "hello, world",
		Hear: stream.OK("\"CONTENT_LENGTH\"=\"5\"\n\"SCGI\"=\"1\"\n0 0: 5 bytes \"hello\" <nil>\n"),
	},
	{
		Text: "an empty connection is not an error: Apache answers 411 by itself after it has connected",
	},
	{
		Text: "a body that ends too early is never taken for whole",
		Says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00") + "hell",
		Hear: stream.ErrorPage(400),
		Log:  "unexpected EOF",
	},
	{
		Text: "an end in the netstring's length",
		Says: "24",
		Hear: stream.ErrorPage(400),
		Log:  `level=INFO msg="request failed" err="scgi: read head: aborted: the connection ended after 2 bytes: unexpected EOF" protocol=scgi peer=script`,
	},
	{
		Text: "an end in the variables",
		Says: "24:CONTENT_LENGTH",
		Hear: stream.ErrorPage(400),
		Log:  "scgi: read head: aborted: the connection ended after 17 bytes: unexpected EOF",
	},
	{
		Text: "an end before the comma",
		Says: "24:" + head0,
		Hear: stream.ErrorPage(400),
		Log:  "scgi: read head: aborted: the connection ended after 27 bytes: unexpected EOF",
	},
	{
		Text: "a length that is wrong is named by the protocol too",
		Says: packet("CONTENT_LENGTH\x00+5\x00SCGI\x001\x00"),
		Hear: stream.ErrorPage(400),
		Log:  `err="scgi: read params: malformed: CONTENT_LENGTH \"+5\"" protocol=scgi peer=script`,
	},
	{
		Text: "two lengths that contradict each other: nginx before 1.29.6 with scgi_request_buffering off",
		Says: packet("CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00HTTP_CONTENT_LENGTH\x00300000\x00") + "the first bytes of them",
		Hear: stream.ErrorPage(400),
		Log: `level=WARN msg="request failed" err="scgi: read params: malformed: CONTENT_LENGTH \"0\" beside HTTP_CONTENT_LENGTH \"300000\": ` +
			"nginx before 1.29.6 does that with `scgi_request_buffering off;`: take it out\"",
	},
	{
		Text: "two lengths that are the same",
		Says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00HTTP_CONTENT_LENGTH\x005\x00") + "hello",
		Hear: stream.OK("\"CONTENT_LENGTH\"=\"5\"\n\"SCGI\"=\"1\"\n\"HTTP_CONTENT_LENGTH\"=\"5\"\n0 0: 5 bytes \"hello\" <nil>\n"),
	},
	{
		Text: "a length that is blanked, as for an auth_request: no body comes",
		Says: packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00HTTP_CONTENT_LENGTH\x005\x00CONTENT_LENGTH\x00\x00"),
		Hear: stream.OK("\"CONTENT_LENGTH\"=\"5\"\n\"SCGI\"=\"1\"\n\"HTTP_CONTENT_LENGTH\"=\"5\"\n\"CONTENT_LENGTH\"=\"\"\n0 0: 0 bytes \"\" <nil>\n"),
	},
	{
		Text: "more bytes of variables than the limit, of which none is waited for",
		Says: "4097:",
		Hear: stream.ErrorPage(431),
		Log:  `level=WARN msg="request failed" err="scgi: read params: too large: 4097 > 4096 bytes`,
	},
	{
		Text: "more variables than the limit",
		Says: packet(head0 + strings.Repeat("X\x00\x00", 31)),
		Hear: stream.ErrorPage(431),
		Log:  "scgi: read params: too large: 33 > 32 variables",
	},
	{
		Text: "a body beyond its limit is refused before it is read",
		Says: packet("CONTENT_LENGTH\x00100001\x00SCGI\x001\x00"),
		Hear: stream.ErrorPage(413),
		Log:  "scgi: read body: too large: 100001 > 100000 bytes",
	},
	{
		Text: "HTTP: the front uses proxy_pass; it is answered in its own words",
		Says: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		Hear: strings.Replace(stream.ErrorPage(400), "Status:", "HTTP/1.1", 1),
		Log:  "scgi: read head: malformed: HTTP on an SCGI listener: the front uses proxy_pass where scgi_pass is meant",
	},
	{
		Text: "FastCGI: the front uses fastcgi_pass",
		Says: "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
		Hear: stream.ErrorPage(400),
		Log:  "scgi: read head: malformed: FastCGI on an SCGI listener: the front uses fastcgi_pass where scgi_pass is meant",
	},
	{
		Text: "uwsgi: the front uses uwsgi_pass",
		Says: "\x00\x0a\x00\x00\x01\x00A\x01\x00b",
		Hear: stream.ErrorPage(400),
		Log:  "scgi: read head: malformed: uwsgi on an SCGI listener: the front uses uwsgi_pass where scgi_pass is meant",
	},
	{
		Text: "what is of no protocol that the bytes show",
		Says: "\x02\x01\x00\x01",
		Hear: stream.ErrorPage(400),
		Log:  `scgi: read head: malformed: what came is no SCGI: it begins with \"\\x02\\x01`,
	},
	{
		Text: "TLS",
		Says: "\x16\x03\x01\x02\x00\x01",
		Hear: stream.ErrorPage(400),
		Log:  "scgi: read head: malformed: TLS on an SCGI listener: the front speaks TLS where none is meant",
	},
}

func TestConversations(t *testing.T) { stream.Conversations(t, conversations) }

func TestEveryStrictPrefixFails(t *testing.T) {
	for _, row := range golden {
		if row.length <= 100 {
			stream.StrictPrefixes(t, row.text, row.bytes+strings.Repeat("x", int(row.length)))
		}
	}
}

func TestAnswers(t *testing.T) {
	stream.Answers(t, netiotest.Answer{
		Text: "a redirect is no redirect inside Apache: the status is said",
		Handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/x")
			w.WriteHeader(302)
		},
		Hear: "Location: /x\r\nStatus: 302 Found\r\nContent-Length: 0\r\n\r\n",
	})
}

func TestDerived(t *testing.T) { stream.Derived(t) }

func TestEnds(t *testing.T) { stream.Ends(t) }

func TestRecorded(t *testing.T) { stream.Recorded(t, "/s") }
