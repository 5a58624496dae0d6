package uwsgi

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// golden are packets of requests, as they are on the wire and as they are read.
var golden = []struct {
	text     string
	modifier uint8
	flags    uint8
	params   protocol.Params
	length   int64
	bytes    string
}{
	{
		text:   "a GET without a body and without CONTENT_LENGTH",
		params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/"),
		bytes: "\x00" + // modifier1: WSGI
			"\x25\x00" + // datasize: 37, the small end first
			"\x00" + // modifier2
			"\x0e\x00REQUEST_METHOD" + "\x03\x00GET" +
			"\x0b\x00REQUEST_URI" + "\x01\x00/",
	},
	{
		text:   "a POST for PHP, with flags of its own",
		params: protocol.Pairs("REQUEST_METHOD", "POST", "CONTENT_LENGTH", "5"), modifier: 14, flags: 3,
		length: 5,
		bytes: "\x0e\x29\x00\x03" +
			"\x0e\x00REQUEST_METHOD" + "\x04\x00POST" +
			"\x0e\x00CONTENT_LENGTH" + "\x01\x005",
	},
	{
		text:   "CONTENT_LENGTH empty, as nginx sends it for a GET: the last value may have no bytes",
		params: protocol.Pairs("CONTENT_TYPE", "", "CONTENT_LENGTH", ""),
		bytes:  "\x00\x22\x00\x00" + "\x0c\x00CONTENT_TYPE" + "\x00\x00" + "\x0e\x00CONTENT_LENGTH" + "\x00\x00",
	},
	{
		text:   "a variable twice, as nginx before 1.23 sends it",
		params: protocol.Pairs("HTTP_X", "1", "HTTP_X", "2"),
		bytes:  "\x00\x16\x00\x00" + "\x06\x00HTTP_X" + "\x01\x001" + "\x06\x00HTTP_X" + "\x01\x002",
	},
	{
		text:   "any byte in names and values",
		params: protocol.Pairs("\x00\xff=", "\x00\r\n\x80"),
		bytes:  "\x00\x0b\x00\x00" + "\x03\x00\x00\xff=" + "\x04\x00\x00\r\n\x80",
	},
	{
		text:   "a value of 256 bytes: the small end is first",
		params: protocol.Pairs("A", strings.Repeat("v", 256)), modifier: 30,
		bytes: "\x1e\x05\x01\x00" + "\x01\x00A" + "\x00\x01" + strings.Repeat("v", 256),
	},
	{
		text:   "the largest block: 65,535 bytes",
		params: protocol.Pairs("A", strings.Repeat("v", 65535-5)),
		bytes:  "\x00\xff\xff\x00" + "\x01\x00A" + "\xfa\xff" + strings.Repeat("v", 65535-5),
	},
	{
		text:   "the longest name: nothing but its value's size is behind it",
		params: protocol.Pairs(strings.Repeat("N", 65535-4), ""),
		bytes:  "\x00\xff\xff\x00" + "\xfb\xff" + strings.Repeat("N", 65535-4) + "\x00\x00",
	},
}

func TestGolden(t *testing.T) {
	for _, row := range golden {
		t.Run(row.text, func(t *testing.T) {
			r := &protocol.Request{Params: row.params, ContentLength: row.length, Modifier1: row.modifier, Modifier2: row.flags}
			b, err := appendRequest(nil, r)
			if diff := cmp.Diff(row.bytes, string(b)); err != nil || diff != "" {
				t.Errorf("append: %v\n%s", err, diff)
			}
			h, block, n := consumePacket([]byte(row.bytes + "body"))
			if want := (Header{Modifier(row.modifier), len(row.bytes) - 4, row.flags}); h != want || n != len(row.bytes) {
				t.Errorf("consume: %+v, %d of %d bytes", h, n, len(row.bytes))
			}
			p, err := ConsumeVariables(block, 100)
			if diff := cmp.Diff(row.params, p); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			for i := range row.bytes {
				if _, _, n := consumePacket([]byte(row.bytes[:i])); n != 0 {
					t.Fatalf("prefix of %d bytes: %d", i, n)
				}
			}
		})
	}
}

// A part of a block is good only where a variable ends.
func TestEveryStrictPrefixOfABlockFails(t *testing.T) {
	for _, row := range golden {
		ends := map[int]bool{}
		at := 0
		for name, value := range row.params.All() {
			at += len(name) + len(value) + 4
			ends[at] = true
		}
		block := []byte(row.bytes[4:])
		for i := range min(len(block), 1000) {
			if _, err := ConsumeVariables(block[:i], 100); (err == nil) != ends[i] || err != nil && !errors.Is(err, protocol.ErrMalformed) {
				t.Errorf("%s, %d bytes of %d: %v", row.text, i, len(block), err)
			}
		}
	}
}

// bad are blocks that are refused, each with its reason.
var bad = []struct {
	text  string
	block string
	kind  error
	want  string
}{
	{"no variables: gunicorn would serve GET /", "", protocol.ErrMalformed, "a request without variables"},
	{"a name without a byte", "\x00\x00\x01\x00x", protocol.ErrMalformed, "variable 1 has no name"},
	{"a later name without a byte", "\x01\x00A\x01\x00b\x00\x00\x00\x00", protocol.ErrMalformed, "variable 2 has no name"},
	{"one byte is left", "\x01\x00A\x00\x00\x07", protocol.ErrMalformed, "the name of variable 2 takes 2 bytes of the 1 that are left of the block"},
	{"two bytes are left", "\x01\x00A\x00\x00\x07\x00", protocol.ErrMalformed, "the name of variable 2 takes 9 bytes of the 2 that are left of the block"},
	{"a name beyond the block", "\x05\x00ABCD", protocol.ErrMalformed, "the name of variable 1 takes 7 bytes of the 6 that are left of the block"},
	{"a name of 65,535 bytes: its size overflows 16 bits, which ended mattn/go-uwsgi", "\xff\xffA\x00\x00", protocol.ErrMalformed, "takes 65537 bytes of the 5"},
	{"a name up to the block's end", "\x04\x00ABCD", protocol.ErrMalformed, "the value of variable 1 takes 2 bytes of the 0"},
	{"half a value's size", "\x04\x00ABCD\x00", protocol.ErrMalformed, "the value of variable 1 takes 2 bytes of the 1"},
	{"a value beyond the block", "\x01\x00A\x02\x00b", protocol.ErrMalformed, "the value of variable 1 takes 4 bytes of the 3"},
	{"a value of 65,535 bytes", "\x01\x00A\xff\xffb", protocol.ErrMalformed, "takes 65537 bytes of the 3"},
	{"a size with the big end first", "\x00\x01A\x00\x01b", protocol.ErrMalformed, "takes 258 bytes of the 6"},
	{"more variables than allowed", strings.Repeat("\x01\x00A\x00\x00", 101), protocol.ErrTooLarge, "101 > 100 variables"},
}

func TestBad(t *testing.T) {
	for _, row := range bad {
		t.Run(row.text, func(t *testing.T) {
			_, err := ConsumeVariables([]byte(row.block), 100)
			if !errors.Is(err, row.kind) || !strings.HasPrefix(err.Error(), "uwsgi: read params: ") || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// What a client will not send. Nothing of it is cut to 16 bits.
func TestRefusedToSend(t *testing.T) {
	many := make(protocol.Params, 0, 2000)
	for range 2000 {
		many.Add("NAME", strings.Repeat("v", 25))
	}
	for _, row := range []struct {
		text   string
		params protocol.Params
		length int64
		want   string
	}{
		{"no name", protocol.Pairs("", "x"), 0, "malformed: a variable has no name"},
		{"a value of 65,536 bytes", protocol.Pairs("A", strings.Repeat("v", 65536)), 0, "too large: 65536 > 65535 bytes in one variable"},
		{"a block of 65,536 bytes", protocol.Pairs("A", strings.Repeat("v", 65536-5)), 0, "too large: 65536 > 65535 bytes"},
		{"many variables", many, 0, "too large: 66000 > 65535 bytes"},
		{"a block that is full, and CONTENT_LENGTH", protocol.Pairs("A", strings.Repeat("v", 65535-5)), 7, "too large: 65554 > 65535 bytes"},
	} {
		b, err := appendRequest(nil, &protocol.Request{Params: row.params, ContentLength: row.length})
		if err == nil || err.Error() != "uwsgi: write request: "+row.want || len(b) > 0 {
			t.Errorf("%s: %d bytes, %v", row.text, len(b), err)
		}
		if errors.Is(err, protocol.ErrTooLarge) && protocol.Status(err) != 431 {
			t.Errorf("%s: status %d", row.text, protocol.Status(err))
		}
	}
}

// CONTENT_LENGTH is the body's, and stands where it stood; variables that lie about the body or
// would become a script's proxy stay at home.
func TestMeasured(t *testing.T) {
	for _, row := range []struct {
		text   string
		params protocol.Params
		length int64
		want   protocol.Params
	}{
		{"as it is", protocol.Pairs("CONTENT_LENGTH", "5", "A", "1"), 5, protocol.Pairs("CONTENT_LENGTH", "5", "A", "1")},
		{"absent", protocol.Pairs("A", "1"), 5, protocol.Pairs("A", "1", "CONTENT_LENGTH", "5")},
		{"empty", protocol.Pairs("CONTENT_LENGTH", "", "A", "1"), 5, protocol.Pairs("CONTENT_LENGTH", "5", "A", "1")},
		{"wrong", protocol.Pairs("CONTENT_LENGTH", "6", "A", "1"), 5, protocol.Pairs("CONTENT_LENGTH", "5", "A", "1")},
		{"wrong for no body", protocol.Pairs("A", "1", "CONTENT_LENGTH", "6"), 0, protocol.Pairs("A", "1", "CONTENT_LENGTH", "0")},
		{"not a number", protocol.Pairs("CONTENT_LENGTH", "x", "CONTENT_LENGTH", "y"), 5, protocol.Pairs("CONTENT_LENGTH", "5")},
		{"the largest", protocol.Pairs("A", "1"), math.MaxInt64, protocol.Pairs("A", "1", "CONTENT_LENGTH", "9223372036854775807")},
		{"withheld", protocol.Pairs("HTTP_PROXY", "evil", "A", "1", "HTTP_TRANSFER_ENCODING", "chunked", "HTTP_CONTENT_LENGTH", "9", "HTTP_CONTENT_TYPE", "x"), 0,
			protocol.Pairs("A", "1")},
	} {
		given := row.params.Clone()
		b, err := appendRequest(nil, &protocol.Request{Params: row.params, ContentLength: row.length})
		_, block, _ := consumePacket(b)
		p, cerr := ConsumeVariables(block, 100)
		if diff := cmp.Diff(row.want, p); diff != "" || err != nil || cerr != nil {
			t.Errorf("%s: %v, %v\n%s", row.text, err, cerr, diff)
		}
		if diff := cmp.Diff(given, row.params); diff != "" {
			t.Errorf("%s: the caller's variables were changed\n%s", row.text, diff)
		}
	}
}

// The variables of a request are one allocation, which does not hold the connection's buffer.
func TestAllocations(t *testing.T) {
	block := []byte(golden[0].bytes[4:])
	n := testing.AllocsPerRun(100, func() {
		if _, err := ConsumeVariables(block, 100); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations, want one for the slice and the string", n)
	}
}
