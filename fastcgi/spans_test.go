package fastcgi

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// conversation is both sides of a connection, with a record of each type: the specification's
// appendix B.2 and 4, and management records.
const conversation = `
	> GET_VALUES 0 FCGI_MAX_CONNS="" FCGI_MPXS_CONNS=""
	< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="1"
	> TYPE_99 0 "what?"
	> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
	> PARAMS 1 "\x0b\x02SERVER_PORT80\x0b\x0eSER"
	> PARAMS 1 "VER_ADDR199.170.183.42"
	> PARAMS 1 end
	> STDIN 1 "quantity=100&item=3047936"
	> BEGIN_REQUEST 2 FILTER
	> BEGIN_REQUEST 3 "short"
	> PARAMS 2 A="b" EMPTY="" A="\x00\xff"
	> PARAMS 2 end
	> DATA 2 "data"
	> STDIN 1 end
	> ABORT_REQUEST 2
	< STDERR 1 "config error: missing SI_UID\n"
	< STDERR 1 end
	< STDOUT 1 "Status: 200 OK\r\nContent-Type: text/html\r\n\r\n<html>\n<head>"
	< STDOUT 1 end
	< END_REQUEST 1 REQUEST_COMPLETE 938
	< END_REQUEST 2 CANT_MPX_CONN 0`

// side is what one side of the conversation says.
func side(t testing.TB, mark string) (b []byte) {
	t.Helper()
	for line := range strings.Lines(conversation) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), mark); ok {
			b = append(b, parseRecord(t, text)...)
		}
	}
	if mark == "< " {
		b = append(b, appendRecord(nil, typeUnknown, 0, appendUnknown(nil, 99))...)
	}
	return b
}

// Each byte of a side is in one span, in whatever pieces it comes.
func TestSpans(t *testing.T) {
	for mark, s := range map[string]protocol.Side{"> ": protocol.RequestSide, "< ": protocol.ResponseSide} {
		spans := protocoltest.Spans(t, Protocol{}, s, side(t, mark))
		if err := spans[len(spans)-1].Err; err != nil {
			t.Errorf("%s%v", mark, err)
		}
	}
}

// The spans of a record have the specification's names.
func TestSpansOfARecord(t *testing.T) {
	b := parseRecords(t, "BEGIN_REQUEST 1 RESPONDER KEEP_CONN", `PARAMS 258 A=""`)
	b = append(b, appendRecord(nil, typeEnd, 1, appendEnd(nil, end{app: 938}))...)
	var got []string
	for _, s := range protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b) {
		got = append(got, s.String())
	}
	want := `0+1 version: 1
1+1 type: BEGIN_REQUEST
2+2 requestId: 1
4+2 contentLength: 8
6+1 paddingLength: 0
7+1 reserved: "\x00"
8+2 role: RESPONDER
10+1 flags: 1 KEEP_CONN
11+5 reserved: "\x00\x00\x00\x00\x00"
16+1 version: 1
17+1 type: PARAMS
18+2 requestId: 258
20+2 contentLength: 3
22+1 paddingLength: 5
23+1 reserved: "\x00"
24+1 nameLength: 1
25+1 valueLength: 0
26+1 nameData: "A"
27+0 valueData: ""
27+5 paddingData: "\x00\x00\x00\x00\x00"
32+1 version: 1
33+1 type: END_REQUEST
34+2 requestId: 1
36+2 contentLength: 8
38+1 paddingLength: 0
39+1 reserved: "\x00"
40+4 appStatus: 938
44+1 protocolStatus: REQUEST_COMPLETE
45+3 reserved: "\x00\x00\x00"`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

// A pair that goes over the border of records is told in its parts, wherever the border is.
func TestSpansOfAPairInTwoRecords(t *testing.T) {
	content := []byte("\x00\x00" + "\x02\x80\x00\x00\x03ABxyz" + "\x01\x00C")
	for i := 1; i < len(content); i++ {
		b := appendRecord(nil, typeParams, 1, content[:i])
		b = append(b, parseRecord(t, `PARAMS 2 A="b"`)...) // of another request
		b = append(b, appendRecord(nil, typeParams, 1, content[i:])...)
		b = append(b, parseRecord(t, "PARAMS 1 end")...)
		parts := map[string]string{}
		request := ""
		for _, s := range protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b) {
			if s.Field == "requestId" {
				request = s.Value
			}
			if request == "1" {
				parts[s.Field] += string(s.Bytes)
			}
		}
		want := map[string]string{"nameLength": "\x00\x02\x01", "valueLength": "\x00\x80\x00\x00\x03\x00", "nameData": "ABC", "valueData": "xyz"}
		for field, bytes := range want {
			if parts[field] != bytes {
				t.Errorf("cut at %d: %s is %q, want %q", i, field, parts[field], bytes)
			}
		}
	}
}

// After its end, and where its id begins anew, a stream is no longer within a pair.
func TestSpansOfAStreamThatBeginsAnew(t *testing.T) {
	half := appendRecord(nil, typeParams, 1, []byte("\x05\x05ABC"))
	for _, between := range []string{"PARAMS 1 end", "BEGIN_REQUEST 1 RESPONDER"} {
		b := append(append(bytes.Clone(half), parseRecord(t, between)...), parseRecord(t, `PARAMS 1 A="b"`)...)
		var got bytes.Buffer
		(&protocol.Trace{Protocol: Protocol{}, Out: &got, Prefix: ">"}).Write(b)
		want := "> PARAMS 1 \"\\x05\\x05ABC\"\n> " + between + "\n> PARAMS 1 A=\"b\"\n"
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// What is malformed ends with a span that says what is wrong.
func TestSpansOfWhatIsMalformed(t *testing.T) {
	whole := parseRecord(t, `STDIN 1 "hello"`)
	for _, row := range []struct{ bytes, last string }{
		{"GET / HTTP/1.1\r\n", "0+16 malformed: fastcgi: read record: malformed: version 71, want 1"},
		{string(whole) + "\x02", "16+1 malformed: fastcgi: read record: malformed: version 2, want 1"},
		{string(whole[:5]), "0+5 malformed: fastcgi: read record: malformed: the input ends after 5 bytes: unexpected EOF"},
		{string(whole[:8]), "8+0 malformed: fastcgi: read record: malformed: the input ends after 8 bytes: unexpected EOF"},
		{string(whole[:15]), "8+7 malformed: fastcgi: read record: malformed: the input ends after 15 bytes: unexpected EOF"},
	} {
		spans := protocoltest.Spans(t, Protocol{}, protocol.RequestSide, []byte(row.bytes))
		last := spans[len(spans)-1]
		if last.String() != row.last || !errors.Is(last.Err, protocol.ErrMalformed) {
			t.Errorf("%q: the last span is %s\nwant %s", row.bytes, last, row.last)
		}
	}
}

func FuzzSpans(f *testing.F) {
	f.Add(side(f, "> "))
	f.Add(side(f, "< "))
	for _, row := range records {
		f.Add(row.wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		protocoltest.Spans(t, Protocol{}, protocol.RequestSide, b[:min(len(b), 200)])
	})
}
