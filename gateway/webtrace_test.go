package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// webSides are what goes over a connection each way, with the last span where that is an error.
var webSides = []protocoltest.SpanSide{
	{Bytes: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
	{Bytes: "GET / HTTP/1.0\n\n"},
	{Bytes: "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET / HTTP/1.1\r\nHost:\r\n folded\r\n\r\n"},
	{Bytes: "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nhi\r\n00\r\nTrailer: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"},
	{Bytes: "GET / HTTP/1.1\r\nHost", Fails: "0+20 malformed: http: read head: malformed: the input ends after 20 bytes: unexpected EOF"},
	{Bytes: "\x01\x01\x00\x01", Fails: `0+4 malformed: http: decode: malformed: byte 1 of the request is of no method: '\x01'`},
	{Bytes: "GET /\r\n\r\n", Fails: `0+9 malformed: http: decode: malformed: malformed HTTP request "GET /"`},
	{Bytes: "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\rx", Fails: "51+2 malformed: http: decode: malformed: no end of line behind a chunk"},
	{Bytes: "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r", Fails: "51+1 malformed: http: read chunk: malformed: the input ends after 1 bytes: unexpected EOF"},
	{Bytes: "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", Fails: "46+3 malformed: http: read chunk: malformed: the input ends after 3 bytes: unexpected EOF"},
	{Bytes: "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", Fails: `46+3 malformed: http: decode: malformed: a chunk's size is no hexadecimal number: "x"`},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end"},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x81\x00"},
	{Side: protocol.ResponseSide, Bytes: "Status: 200\r\n\r\n", Fails: "0+15 malformed: http: decode: malformed: a response begins with HTTP/"},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 twenty\r\n\r\n", Fails: `0+19 malformed: read response head: upstream: parse: malformed: status line 1: "HTTP/1.1 twenty"`},
}

func TestHTTPSpans(t *testing.T) { protocoltest.SpanSides(t, gateway.HTTPTracer{}, webSides) }

// What a response has behind its head depends on the request that it answers.
func TestHTTPDecodersKnowEachOther(t *testing.T) {
	var out strings.Builder
	request, response := protocol.Decoders(gateway.HTTPTracer{})
	side := func(mark string, decode protocol.DecodeFunc) *protocol.MessageWriter {
		return &protocol.MessageWriter{Decode: decode, Emit: func(m protocol.Message) error {
			fmt.Fprintln(&out, mark, m.Request, m.Begins, m.Ends, m.Line(0))
			return nil
		}}
	}
	front, server := side(">", request), side("<", response)
	for _, said := range []string{
		"> HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
		"< HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"> GET /ws HTTP/1.1\r\nUpgrade: x\r\n\r\n",
		"< HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00",
		"> \x81\x80",
	} {
		w := front
		if said[0] == '<' {
			w = server
		}
		if _, err := w.Write([]byte(said[2:])); err != nil {
			t.Error(err)
		}
	}
	want := `> 1 true true request HTTP/1.1 HEAD "/a"
> 2 true true request HTTP/1.1 GET "/b"
< 1 true true head 200 Content-Length="5"
< 2 true false head 103
< 2 false false head 200 Content-Length="2"
< 2 false true body "hi"
> 3 true true request HTTP/1.1 GET "/ws" Upgrade="x"
< 3 true false head 101
< 3 false false tunnel "\x81\x00"
> 3 false false tunnel "\x81\x80"
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func ExampleHTTPTracer() {
	var head protocol.Message
	w := &protocol.MessageWriter{Decode: gateway.HTTPTracer{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		head = m
		return nil
	}}
	w.Write([]byte("GET /here HTTP/1.1\r\nHost: example.org\r\n\r\n"))
	fmt.Println(head.Line(0))
	fmt.Println(head.Params.Get("REQUEST_URI"), head.Params.Get("HTTP_HOST"))
	// Output:
	// request HTTP/1.1 GET "/here" Host="example.org"
	// /here example.org
}

// Whatever comes, each byte is told of once, and nothing panics.
func FuzzHTTPTracer(f *testing.F) {
	for _, s := range webSides {
		f.Add(s.Side == protocol.ResponseSide, []byte(s.Bytes))
	}
	f.Fuzz(func(t *testing.T, response bool, b []byte) {
		side := protocol.RequestSide
		if response {
			side = protocol.ResponseSide
		}
		if len(b) > 0 && len(b) < 1000 {
			protocoltest.Spans(t, gateway.HTTPTracer{}, side, b)
		}
	})
}
