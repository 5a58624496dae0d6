package scgi

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// sides are what goes over a connection each way, with the last span where that is an error.
var sides = []struct {
	side  protocol.Side
	bytes string
	fails string
}{
	{bytes: "68:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/deepthought\x00,"},
	{bytes: "44:CONTENT_LENGTH\x002\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00,hi"},
	{bytes: "27:CONTENT_LENGTH\x000\x00SCGI\x001\x00A\x00\x00,"},
	{bytes: "GET / HTTP/1.1\r\n", fails: `0+16 malformed: scgi: read head: malformed: netstring length "G"`},
	{bytes: "24:CONTENT_LENGTH\x000\x00SCGI\x002\x00,", fails: `3+25 malformed: scgi: read params: malformed: SCGI is "2", not 1`},
	{bytes: "5:A\x001\x00B;", fails: "2+6 malformed: scgi: read head: malformed: the netstring of 5 bytes does not end in a comma"},
	{bytes: "24:CONTENT_LENGTH", fails: "3+14 malformed: scgi: read head: malformed: the input ends after 17 bytes: unexpected EOF"},
	{bytes: "24", fails: "0+2 malformed: scgi: read head: malformed: the input ends after 2 bytes: unexpected EOF"},
	{side: protocol.ResponseSide, bytes: "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"},
	{side: protocol.ResponseSide, bytes: "HTTP/1.1 299 Mostly: Fine\nA:\t b \nA: \nStatus: 404\n\n"},
	{side: protocol.ResponseSide, bytes: "\r\nno field"},
	{side: protocol.ResponseSide, bytes: "oh no\n\n", fails: `0+7 malformed: read response head: upstream: parse: malformed: header line 1: "oh no"`},
	{side: protocol.ResponseSide, bytes: "A: b\r\n", fails: "0+6 malformed: read response head: malformed: the input ends after 6 bytes: unexpected EOF"},
}

// Each byte of a side is in one span, in whatever pieces it comes, and what is malformed is said so
// at the end.
func TestSpans(t *testing.T) {
	for _, row := range sides {
		spans := protocoltest.Spans(t, Protocol{}, row.side, []byte(row.bytes))
		last := spans[len(spans)-1]
		if (last.Err != nil || row.fails != "") && last.String() != row.fails {
			t.Errorf("%q: the last span is %s\nwant %s", row.bytes, last, row.fails)
		}
		if last.Err != nil && !errors.Is(last.Err, protocol.ErrMalformed) {
			t.Errorf("%q: %v", row.bytes, last.Err)
		}
	}
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
		f.Add([]byte(row.bytes))
	}
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 200)]
		protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b)
		protocoltest.Spans(t, Protocol{}, protocol.ResponseSide, b)
	})
}
