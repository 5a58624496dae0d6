package uwsgi

import (
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// sides are what goes over a connection each way, with the last span where that is an error.
var sides = []protocoltest.SpanSide{
	{Bytes: "\x00\x30\x00\x00" + "\x0e\x00REQUEST_METHOD\x03\x00GET" + "\x0b\x00REQUEST_URI\x0c\x00/deepthought"},
	{Bytes: "\x00\x29\x00\x00" + "\x0e\x00REQUEST_METHOD\x04\x00POST" + "\x0e\x00CONTENT_LENGTH\x01\x002" + "hi"},
	{Bytes: "\x64\x00\x00\x00"},
	{Bytes: "\xad\x07\x00\x00\x05\x00hello"},
	{Bytes: "\xad\x0a\x00\x01\x05\x00hello\x01\x00a"},
	{Bytes: "\xad\x05\x00\x02\x01\x00A\x00\x00"},
	{Bytes: "\xad\x03\x00\x00\x05\x00h", Fails: "4+3 malformed: uwsgi: read block: malformed: an item is longer than what is left of the block"},
	{Bytes: "\xad\x05\x00\x00\x05\x00he\x00" + "beyond", Fails: "4+11 malformed: uwsgi: read block: malformed: an item is longer than what is left of the block"},
	{Bytes: "\x00\x00\x00\x00", Fails: "4+0 malformed: uwsgi: read params: malformed: a request without variables"},
	{Bytes: "\x00\x05\x00\x00\x00\x00\x01\x00b", Fails: "4+5 malformed: uwsgi: read params: malformed: variable 1 has no name"},
	{Bytes: "\x00\x05\x00\x00\x01\x00A", Fails: "4+3 malformed: uwsgi: read packet: malformed: the input ends after 7 bytes: unexpected EOF"},
	{Bytes: "\x00\x05", Fails: "0+2 malformed: uwsgi: read packet: malformed: the input ends after 2 bytes: unexpected EOF"},
	{Side: protocol.ResponseSide, Bytes: "\x64\x04\x00\x01slow"},
	{Side: protocol.ResponseSide, Bytes: "\xad\x02\x00\x00hi"},
	{Side: protocol.ResponseSide, Bytes: "\xad\x13\x00\x05\x0e\x00CONTENT_LENGTH\x01\x002hi"},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"},
	{Side: protocol.ResponseSide, Bytes: "oh no\r\n\r\n", Fails: `0+9 malformed: read response head: upstream: parse: malformed: header line 1: "oh no"`},
	{Side: protocol.ResponseSide, Bytes: "HTTP/1.1 200 OK\r\n", Fails: "0+17 malformed: read response head: malformed: the input ends after 17 bytes: unexpected EOF"},
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

func FuzzSpans(f *testing.F) {
	for _, row := range sides {
		f.Add([]byte(row.Bytes))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 200)]
		protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b)
		protocoltest.Spans(t, Protocol{}, protocol.ResponseSide, b)
	})
}
