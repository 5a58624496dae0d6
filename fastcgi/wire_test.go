package fastcgi

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// headers are golden rows: what is on the wire, and what it means.
var headers = []struct {
	text string
	h    header
	wire []byte
}{
	{"a request begins", header{typeBegin, 1, 8, 0}, []byte{
		1,    // version
		1,    // BEGIN_REQUEST
		0, 1, // id
		0, 8, // content
		0, // padding
		0, // reserved
	}},
	{"the largest of everything", header{typeData, 65535, 65535, 255}, []byte{1, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0}},
	{"an unknown management type", header{99, 0, 0, 0}, []byte{1, 99, 0, 0, 0, 0, 0, 0}},
	{"padding up to a multiple of 8", header{typeStdout, 258, 13, 3}, []byte{1, 6, 1, 2, 0, 13, 3, 0}},
}

func TestHeader(t *testing.T) {
	for _, row := range headers {
		t.Run(row.text, func(t *testing.T) {
			if diff := cmp.Diff(row.wire, appendHeader(nil, row.h)); diff != "" {
				t.Error(diff)
			}
			h, n, err := consumeHeader(append(bytes.Clone(row.wire), "rest"...))
			if h != row.h || n != headerLen || err != nil {
				t.Errorf("consumeHeader = %v, %d, %v", h, n, err)
			}
			for i := range row.wire {
				if _, n, err := consumeHeader(row.wire[:i]); n != 0 || err != nil {
					t.Errorf("prefix of %d bytes: %d, %v", i, n, err)
				}
			}
		})
	}
	for _, version := range []byte{0, 2, 'G', 255} {
		_, n, err := consumeHeader([]byte{version})
		if n != 0 || !errors.Is(err, protocol.ErrMalformed) {
			t.Errorf("version %d: %d, %v", version, n, err)
		}
	}
	h, _, err := consumeHeader([]byte{1, 1, 0, 1, 0, 8, 0, 0x5a})
	if err != nil || h != (header{typeBegin, 1, 8, 0}) {
		t.Errorf("the reserved byte is not ignored: %v, %v", h, err)
	}
}

// records are golden rows with their padding.
var records = []struct {
	text    string
	typ     recordType
	id      uint16
	content string
	wire    []byte
}{
	{"the end of a stream", typeStdout, 1, "", []byte{1, 6, 0, 1, 0, 0, 0, 0}},
	{"padded with zeros", typeStdout, 1, "hello", []byte{1, 6, 0, 1, 0, 5, 3, 0, 'h', 'e', 'l', 'l', 'o', 0, 0, 0}},
	{"nothing to pad", typeStdin, 2, "8 bytes!", []byte{1, 5, 0, 2, 0, 8, 0, 0, '8', ' ', 'b', 'y', 't', 'e', 's', '!'}},
}

func TestRecord(t *testing.T) {
	for _, row := range records {
		t.Run(row.text, func(t *testing.T) {
			if diff := cmp.Diff(row.wire, appendRecord(nil, row.typ, row.id, []byte(row.content))); diff != "" {
				t.Error(diff)
			}
			h, content, n, err := consumeRecord(row.wire)
			if h.typ != row.typ || h.id != row.id || string(content) != row.content || n != len(row.wire) || err != nil {
				t.Errorf("consumeRecord = %v, %q, %d, %v", h, content, n, err)
			}
			for i := range row.wire {
				if _, _, n, err := consumeRecord(row.wire[:i]); n != 0 || err != nil {
					t.Errorf("prefix of %d bytes: %d, %v", i, n, err)
				}
			}
		})
	}
}

// A record's content and padding are 65,790 bytes together: more than 16 bits hold.
func TestLargestRecord(t *testing.T) {
	wire := appendHeader(nil, header{typeStdin, 1, maxContent, maxPadding})
	wire = append(wire, make([]byte, maxContent+maxPadding)...)
	_, content, n, err := consumeRecord(wire)
	if len(content) != maxContent || n != headerLen+65790 || err != nil {
		t.Errorf("consumeRecord = %d bytes, %d, %v", len(content), n, err)
	}
	if _, _, n, _ := consumeRecord(wire[:len(wire)-1]); n != 0 {
		t.Error("a byte is missing, and nobody noticed")
	}
}

// bodies are golden rows of the contents of 8 bytes.
var bodies = []struct {
	text   string
	value  any
	wire   []byte
	encode func() []byte
}{
	{"begin, responder", begin{role: wireResponder}, []byte{0, 1, 0, 0, 0, 0, 0, 0},
		func() []byte { return appendBegin(nil, begin{role: wireResponder}) }},
	{"begin, filter, keep", begin{wireFilter, true}, []byte{0, 3, 1, 0, 0, 0, 0, 0},
		func() []byte { return appendBegin(nil, begin{wireFilter, true}) }},
	{"begin, a role nobody knows", begin{role: 0x1234}, []byte{0x12, 0x34, 0, 0, 0, 0, 0, 0},
		func() []byte { return appendBegin(nil, begin{role: 0x1234}) }},
	{"end, complete", end{}, []byte{0, 0, 0, 0, 0, 0, 0, 0}, func() []byte { return appendEnd(nil, end{}) }},
	{"end, appendix B's 938", end{app: 938}, []byte{0, 0, 3, 0xaa, 0, 0, 0, 0}, func() []byte { return appendEnd(nil, end{app: 938}) }},
	{"end, overloaded", end{math.MaxUint32, overloaded}, []byte{0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0},
		func() []byte { return appendEnd(nil, end{math.MaxUint32, overloaded}) }},
	{"unknown", recordType(99), []byte{99, 0, 0, 0, 0, 0, 0, 0}, func() []byte { return appendUnknown(nil, 99) }},
}

func consumeBody(like any, b []byte) (any, int) {
	switch like.(type) {
	case begin:
		return two(consumeBegin(b))
	case end:
		return two(consumeEnd(b))
	}
	return two(consumeUnknown(b))
}

func two[T any](v T, n int) (any, int) { return v, n }

func TestBodies(t *testing.T) {
	for _, row := range bodies {
		t.Run(row.text, func(t *testing.T) {
			if diff := cmp.Diff(row.wire, row.encode()); diff != "" {
				t.Error(diff)
			}
			if v, n := consumeBody(row.value, row.wire); v != row.value || n != 8 {
				t.Errorf("got %v, %d", v, n)
			}
			for i := range row.wire {
				if v, n := consumeBody(row.value, row.wire[:i]); n != 0 {
					t.Errorf("prefix of %d bytes: %v, %d", i, v, n)
				}
			}
		})
	}
	if b, _ := consumeBegin([]byte{0, 1, 0xfe, 1, 2, 3, 4, 5}); b.keep {
		t.Error("a flag other than KEEP_CONN was taken for it")
	}
}

var long = strings.Repeat("v", 128)

// pairs are golden rows of all four combinations of lengths.
var pairs = []struct {
	text        string
	name, value string
	wire        []byte
}{
	{"1 and 1 byte", "A", "bc", []byte{1, 2, 'A', 'b', 'c'}},
	{"1 and 4 bytes", "A", long, append([]byte{1, 0x80, 0, 0, 128, 'A'}, long...)},
	{"4 and 1 byte", long, "A", append(append([]byte{0x80, 0, 0, 128, 1}, long...), 'A')},
	{"4 and 4 bytes", long, long, append(append([]byte{0x80, 0, 0, 128, 0x80, 0, 0, 128}, long...), long...)},
	{"127 is the longest of 1 byte", long[:127], "", append([]byte{127, 0}, long[:127]...)},
	{"empty value", "A", "", []byte{1, 0, 'A'}},
	{"empty name", "", "A", []byte{0, 1, 'A'}},
	{"both empty", "", "", []byte{0, 0}},
	{"binary", "\x00\xff", "\r\n\x00", []byte{2, 3, 0, 0xff, '\r', '\n', 0}},
}

func TestPair(t *testing.T) {
	for _, row := range pairs {
		t.Run(row.text, func(t *testing.T) {
			if diff := cmp.Diff(row.wire, appendPair(nil, row.name, row.value)); diff != "" {
				t.Error(diff)
			}
			if got := pairLen(row.name, row.value); got != len(row.wire) {
				t.Errorf("pairLen = %d, want %d", got, len(row.wire))
			}
			name, value, n := consumePair(row.wire)
			if string(name) != row.name || string(value) != row.value || n != len(row.wire) {
				t.Errorf("consumePair = %q, %q, %d", name, value, n)
			}
			for i := range row.wire {
				if _, _, n := consumePair(row.wire[:i]); n != 0 {
					t.Errorf("prefix of %d bytes: %d", i, n)
				}
			}
		})
	}
}

// refusedPairs are the lengths of CVE-2025-23016, and their kin.
var refusedPairs = []struct {
	text string
	wire []byte
}{
	{"longest name", []byte{0xff, 0xff, 0xff, 0xff, 0, 'A'}},
	{"longest value", []byte{1, 0xff, 0xff, 0xff, 0xff, 'A'}},
	{"both: their sum is more than 31 bits", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'A'}},
	{"one byte more than there is", []byte{1, 2, 'A', 'b'}},
}

func TestRefusedPairs(t *testing.T) {
	for _, row := range refusedPairs {
		if _, _, n := consumePair(row.wire); n != 0 {
			t.Errorf("%s: consumed %d bytes", row.text, n)
		}
		_, err := consumeParams(row.wire, 10)
		if !errors.Is(err, protocol.ErrMalformed) {
			t.Errorf("%s: %v", row.text, err)
		}
	}
	_, err := consumeParams([]byte{0, 0, 0xff, 0xff, 0xff, 0xff, 5, 'A'}, 10)
	const want = "fastcgi: read params: malformed: the stream ends within variable 2: 2147483652 > 1 bytes left"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if name, value, n := consumePair([]byte{0x80, 0, 0, 1, 0x80, 0, 0, 0, 'A'}); string(name) != "A" || len(value) != 0 || n != 9 {
		t.Error("the long form of a short length is legal")
	}
}

func TestParams(t *testing.T) {
	want := protocol.Params{{Name: "A", Value: "1"}, {Name: "", Value: ""}, {Name: "A", Value: "2"}, {Name: long, Value: "\x00"}}
	wire := appendParams(nil, want)
	got, err := consumeParams(wire, 4)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := testing.AllocsPerRun(100, func() { consumeParams(wire, 4) }); n > 1 {
		t.Errorf("%v allocations, want one for the slice and the string", n)
	}
	_, err = consumeParams(wire, 3)
	const tooMany = "fastcgi: read params: too large: 4 > 3 variables"
	if err == nil || err.Error() != tooMany || !errors.Is(err, protocol.ErrTooLarge) {
		t.Errorf("got %v\nwant %s", err, tooMany)
	}
	for i := 1; i < len(wire); i++ {
		if p, err := consumeParams(wire[:i], 4); err == nil && len(p) == 4 {
			t.Errorf("a prefix of %d bytes is whole", i)
		}
	}
}
