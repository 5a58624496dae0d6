package endpoint_test

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// The records of a FastCGI request with a body of 10 bytes, by POST or by HEAD.
var (
	fastcgiPost = record(1, "\x00\x01\x01\x00\x00\x00\x00\x00") + record(4, "\x0e\x04REQUEST_METHODPOST\x0e\x02CONTENT_LENGTH10") + record(4, "")
	fastcgiHead = record(1, "\x00\x01\x01\x00\x00\x00\x00\x00") + record(4, "\x0e\x04REQUEST_METHODHEAD") + record(4, "") + record(5, "")
)

const (
	scgiPost  = "45:CONTENT_LENGTH\x0010\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00,"
	uwsgiPost = "\x00\x2a\x00\x00\x0e\x00REQUEST_METHOD\x04\x00POST\x0e\x00CONTENT_LENGTH\x02\x0010"
	answer10  = "Status: 200 OK\r\nContent-Length: 10\r\n\r\n"
	head10    = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
	chunked   = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
)

// shortBodies are conversations whose bodies are cut short, and the line that says so. An empty one
// says that nothing is short.
var shortBodies = []struct{ protocol, name, says, hears, want string }{
	{"scgi", "request", scgiPost + "abc", "", "1 > scgi: read body: aborted: 3 of 10 bytes came: unexpected EOF\n"},
	{"scgi", "request without a body", scgiPost, "", "1 > scgi: read body: aborted: 0 of 10 bytes came: unexpected EOF\n"},
	{"scgi", "response", scgiPost + "0123456789", answer10 + "abc", "1 < scgi: read body: aborted: 3 of 10 bytes came: unexpected EOF\n"},
	{"scgi", "whole", scgiPost + "0123456789", answer10 + "0123456789", ""},
	{"scgi", "HEAD", strings.Replace(scgiPost, "POST", "HEAD", 1) + "0123456789", answer10, ""},
	{"scgi", "304", scgiPost + "0123456789", "Status: 304 Not Modified\r\nContent-Length: 10\r\n\r\n", ""},
	{"uwsgi", "request", uwsgiPost + "abc", "", "1 > uwsgi: read body: aborted: 3 of 10 bytes came: unexpected EOF\n"},
	{"uwsgi", "response", uwsgiPost + "0123456789", head10, "1 < uwsgi: read body: aborted: 0 of 10 bytes came: unexpected EOF\n"},
	{"uwsgi", "whole", uwsgiPost + "0123456789", head10 + "0123456789", ""},
	{"http", "request", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", "", "1 > http: read body: aborted: 3 of 10 bytes came: unexpected EOF\n"},
	{"http", "response", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", head10, "1 < http: read body: aborted: 0 of 10 bytes came: unexpected EOF\n"},
	{"http", "HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", head10, ""},
	{"http", "whole", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", head10 + "0123456789", ""},
	{"http", "chunk", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", chunked + "a\r\nabc", "1 < http: read body: aborted: 3 of 10 bytes of a chunk came: unexpected EOF\n"},
	{"http", "last chunk", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", chunked + "3\r\nabc\r\n", "1 < http: read body: aborted: the last chunk has not come: unexpected EOF\n"},
	{"fastcgi", "request that ends", fastcgiPost + record(5, "abc") + record(5, ""), "", "1 > STDIN 1 end, 3 of 10 bytes of the body\n"},
	{"fastcgi", "request that is taken back", fastcgiPost + record(5, "abc") + record(2, ""), "", "1 > ABORT_REQUEST 1, 3 of 10 bytes of the body\n"},
	{"fastcgi", "request", fastcgiPost + record(5, "abc"), "", "1 > fastcgi: read body: aborted: 3 of 10 bytes of request 1 came: unexpected EOF\n"},
	{"fastcgi", "response that ends", fastcgiPost + record(5, "0123456789") + record(5, ""), record(6, answer10+"abc") + ended,
		"1 < END_REQUEST 1 REQUEST_COMPLETE 0, 3 of 10 bytes of the body\n"},
	{"fastcgi", "response", fastcgiPost + record(5, "0123456789") + record(5, ""), record(6, answer10[:20]) + record(6, answer10[20:]+"abc"),
		"1 < fastcgi: read body: aborted: 3 of 10 bytes of request 1 came: unexpected EOF\n"},
	{"fastcgi", "whole", fastcgiPost + record(5, "0123456789") + record(5, ""), record(6, answer10) + record(6, "0123456789") + record(6, "") + ended, ""},
	{"fastcgi", "HEAD", fastcgiHead, record(6, answer10) + ended, ""},
}

func TestTapTellsOfShortBodies(t *testing.T) {
	for _, row := range shortBodies {
		tracers, err := endpoint.Tracers(row.protocol)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		p := &tap.Printer{Out: &out}
		d := &tap.Decoder{Tracers: tracers, Emit: func(m *tap.Message) { p.Print(m) }}
		c := &tap.Conn{ID: 1, Front: "front"}
		for _, e := range []tap.Event{
			{Kind: tap.Opened},
			{Kind: tap.Data, Data: []byte(row.says)},
			{Kind: tap.Data, Side: protocol.ResponseSide, Data: []byte(row.hears)},
			{Kind: tap.Ended, Side: protocol.ResponseSide},
			{Kind: tap.Closed},
		} {
			if e.Kind != tap.Data || len(e.Data) > 0 {
				e.Conn = c
				d.Add(e)
			}
		}
		if got := out.String(); !strings.Contains(got, row.want) || strings.Contains(got, " of 10 ") != strings.Contains(row.want, " of 10 ") {
			t.Errorf("%s, %s: want %q in\n%s", row.protocol, row.name, row.want, got)
		}
		if got := out.String(); row.want == "" && strings.Contains(got, "malformed") {
			t.Errorf("%s, %s:\n%s", row.protocol, row.name, got)
		}
	}
}

// What has not been noted may have been the rest of a body. What is filtered away is not told of.
func TestTapDoesNotGuessAtBodies(t *testing.T) {
	tracers, err := endpoint.Tracers("scgi")
	if err != nil {
		t.Fatal(err)
	}
	for name, events := range map[string][]tap.Event{
		"lost":     {{Kind: tap.Data, Data: []byte(scgiPost + "abc")}, {Kind: tap.Lost, Lost: 7}, {Kind: tap.Closed}},
		"filtered": {{Kind: tap.Data, Data: []byte(scgiPost + "abc")}, {Kind: tap.Closed}},
	} {
		var out strings.Builder
		p := &tap.Printer{Out: &out}
		f := &tap.Filter{Emit: func(m *tap.Message) { p.Print(m) }}
		if name == "filtered" {
			f.Conditions = []tap.Condition{{Name: "REQUEST_METHOD", Pattern: "GET"}}
		}
		d := &tap.Decoder{Tracers: tracers, Emit: f.Add}
		c := &tap.Conn{ID: 1}
		for _, e := range events {
			e.Conn = c
			d.Add(e)
		}
		if got := out.String(); strings.Contains(got, "3 of 10") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}
