package scgi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// sides are what goes over a connection each way, with the last span where that is an error.
var sides = []protocoltest.SpanSide{
	{Bytes: "68:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/deepthought\x00,"},
	{Bytes: "44:CONTENT_LENGTH\x002\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00,hi"},
	{Bytes: "27:CONTENT_LENGTH\x000\x00SCGI\x001\x00A\x00\x00,"},
	{Bytes: "GET / HTTP/1.1\r\n", Fails: `0+16 malformed: scgi: read head: malformed: netstring length "G"`},
	{Bytes: "24:CONTENT_LENGTH\x000\x00SCGI\x002\x00,", Fails: `3+25 malformed: scgi: read params: malformed: SCGI is "2", not 1`},
	{Bytes: "5:A\x001\x00B;", Fails: "2+6 malformed: scgi: read head: malformed: the netstring of 5 bytes does not end in a comma"},
	{Bytes: "24:CONTENT_LENGTH", Fails: "3+14 malformed: scgi: read head: malformed: the input ends after 17 bytes: unexpected EOF"},
	{Bytes: "24", Fails: "0+2 malformed: scgi: read head: malformed: the input ends after 2 bytes: unexpected EOF"},
	{Side: protocol.ResponseSide, Bytes: "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 299 Mostly: Fine\nA:\t b \nA: \nStatus: 404\n\n"},
	{Side: protocol.ResponseSide, Bytes: "\r\nno field"},
	{Side: protocol.ResponseSide, Bytes: "oh no\n\n", Fails: `0+7 malformed: read response head: upstream: parse: malformed: header line 1: "oh no"`},
	{Side: protocol.ResponseSide, Bytes: "A: b\r\n", Fails: "0+6 malformed: read response head: malformed: the input ends after 6 bytes: unexpected EOF"},
}

// Each byte of a side is in one span, in whatever pieces it comes, and what is malformed is said so
// at the end.
func TestSpans(t *testing.T) {
	protocoltest.SpanSides(t, Protocol{}, sides)
	for name, b := range netiotest.Recordings(t) {
		spans := protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b)
		if err := spans[len(spans)-1].Err; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A response's status and its fields are told from what stands around them.
func TestSpansOfAHead(t *testing.T) {
	spans := protocoltest.Spans(t, Protocol{}, protocol.ResponseSide, []byte("Status: 404\r\nA:\t b \n\nc"))
	var got []string
	for _, s := range spans {
		got = append(got, s.String())
	}
	want := `0+6 field name: "Status"
6+2 colon: ": "
8+3 field value: "404"
11+2 end of line: "\r\n"
13+1 field name: "A"
14+3 colon: ":\t "
17+1 field value: "b"
18+2 end of line: " \n"
20+1 end of head: "\n"
21+1 body: "c"`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

func FuzzSpans(f *testing.F) {
	for _, row := range sides {
		f.Add([]byte(row.Bytes))
	}
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 200)]
		protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b)
		protocoltest.Spans(t, Protocol{}, protocol.ResponseSide, b)
	})
}
