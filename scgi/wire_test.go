package scgi

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// packet frames a block as a netstring.
func packet(block string) string { return strconv.Itoa(len(block)) + ":" + block + "," }

// golden are heads of requests, as they are on the wire and as they are read.
var golden = []struct {
	text   string
	params protocol.Params
	length int64
	bytes  string
}{
	{
		text:   "the specification's example",
		params: protocol.Pairs("CONTENT_LENGTH", "27", "SCGI", "1", "REQUEST_METHOD", "POST", "REQUEST_URI", "/deepthought"),
		length: 27,
		bytes: "70:" + // what follows, to the comma
			"CONTENT_LENGTH\x0027\x00" +
			"SCGI\x001\x00" +
			"REQUEST_METHOD\x00POST\x00" +
			"REQUEST_URI\x00/deepthought\x00" +
			",",
	},
	{
		text:   "no body, and nothing but what must be there",
		params: protocol.Pairs("CONTENT_LENGTH", "0", "SCGI", "1"),
		bytes: "24:" +
			"CONTENT_LENGTH\x000\x00" + // there even when it is 0
			"SCGI\x001\x00" +
			",",
	},
	{
		text:   "empty values, as fronts send them and the text of 2006 forbade",
		params: protocol.Pairs("CONTENT_LENGTH", "0", "SCGI", "1", "CONTENT_TYPE", "", "SERVER_NAME", ""),
		bytes:  "51:CONTENT_LENGTH\x000\x00SCGI\x001\x00CONTENT_TYPE\x00\x00SERVER_NAME\x00\x00,",
	},
	{
		text:   "a variable twice, as nginx before 1.23 sends it",
		params: protocol.Pairs("CONTENT_LENGTH", "0", "SCGI", "1", "HTTP_X", "1", "HTTP_X", "2"),
		bytes:  "42:CONTENT_LENGTH\x000\x00SCGI\x001\x00HTTP_X\x001\x00HTTP_X\x002\x00,",
	},
	{
		text:   "any byte but NUL in names and values",
		params: protocol.Pairs("CONTENT_LENGTH", "0", "SCGI", "1", "\xff=:,\n", "\r\n\x01\x80"),
		bytes:  "35:CONTENT_LENGTH\x000\x00SCGI\x001\x00\xff=:,\n\x00\r\n\x01\x80\x00,",
	},
	{
		text:   "the largest body",
		params: protocol.Pairs("CONTENT_LENGTH", "9223372036854775807", "SCGI", "1"),
		length: math.MaxInt64,
		bytes:  "42:CONTENT_LENGTH\x009223372036854775807\x00SCGI\x001\x00,",
	},
}

func TestGolden(t *testing.T) {
	for _, row := range golden {
		t.Run(row.text, func(t *testing.T) {
			b, err := appendRequest(nil, row.params, row.length)
			if diff := cmp.Diff(row.bytes, string(b)); err != nil || diff != "" {
				t.Errorf("append: %v\n%s", err, diff)
			}
			p, length, n, err := consumeRequest([]byte(row.bytes+"body"), 100)
			if err != nil || n != len(row.bytes) || length != row.length {
				t.Errorf("consume: %d of %d bytes, length %d, %v", n, len(row.bytes), length, err)
			}
			if diff := cmp.Diff(row.params, p); diff != "" {
				t.Error(diff)
			}
			for i := range row.bytes {
				if p, _, n, err := consumeRequest([]byte(row.bytes[:i]), 100); n != 0 || err != nil || p != nil {
					t.Errorf("prefix of %d bytes: %v, %d, %v", i, p, n, err)
				}
			}
		})
	}
}

// What only reads differently from how we write it.
func TestScgiAnywhere(t *testing.T) {
	// lighttpd sends SCGI last
	const bytes = "41:CONTENT_LENGTH\x000\x00REQUEST_METHOD\x00G\x00SCGI\x001\x00,"
	p, _, n, err := consumeRequest([]byte(bytes), 100)
	want := protocol.Pairs("CONTENT_LENGTH", "0", "REQUEST_METHOD", "G", "SCGI", "1")
	if diff := cmp.Diff(want, p); diff != "" || n != len(bytes) || err != nil {
		t.Errorf("%d, %v\n%s", n, err, diff)
	}
}

// bad are heads that are refused, each with its reason.
var bad = []struct {
	text  string
	bytes string
	kind  error
	want  string
}{
	{"a leading zero", "024:", protocol.ErrMalformed, "read head: malformed: netstring length with a leading zero"},
	{"a zero and a digit, before the colon is there", "00", protocol.ErrMalformed, "leading zero"},
	{"no digits", ":", protocol.ErrMalformed, `netstring length ":"`},
	{"a sign", "+24:", protocol.ErrMalformed, `netstring length "+"`},
	{"a length in hex", "1a:", protocol.ErrMalformed, `netstring length "1a"`},
	{"a length that overflows an int", "99999999999999999999:", protocol.ErrMalformed, `netstring length "9999999999"`},
	{"ten digits, before the colon is there: no waiting for a timeout", "1000000000", protocol.ErrMalformed, `netstring length "1000000000"`},
	{"an empty netstring", "0:,", protocol.ErrMalformed, "read params: malformed: the block does not end in a NUL byte"},
	{"a netstring one too short: something else than a comma", "23:CONTENT_LENGTH\x000\x00SCGI\x001\x00,", protocol.ErrMalformed, "the netstring of 23 bytes does not end in a comma"},
	{"a netstring one too long", "25:CONTENT_LENGTH\x000\x00SCGI\x001\x00,,", protocol.ErrMalformed, "does not end in a NUL byte"},
	{"the last NUL missing", packet("CONTENT_LENGTH\x000\x00SCGI\x001"), protocol.ErrMalformed, "does not end in a NUL byte"},
	{"a name without a value", packet("CONTENT_LENGTH\x000\x00SCGI\x001\x00X\x00"), protocol.ErrMalformed, "a name without a value"},
	{"a value without a name", packet("CONTENT_LENGTH\x000\x00SCGI\x001\x00\x00x\x00"), protocol.ErrMalformed, "variable 3 has no name"},
	{"CONTENT_LENGTH not first", packet("SCGI\x001\x00CONTENT_LENGTH\x000\x00"), protocol.ErrMalformed, `the first variable is "SCGI", not CONTENT_LENGTH`},
	{"no CONTENT_LENGTH", packet("SCGI\x001\x00"), protocol.ErrMalformed, "not CONTENT_LENGTH"},
	{"CONTENT_LENGTH empty", packet("CONTENT_LENGTH\x00\x00SCGI\x001\x00"), protocol.ErrMalformed, "CONTENT_LENGTH is empty"},
	{"CONTENT_LENGTH with a sign", packet("CONTENT_LENGTH\x00+5\x00SCGI\x001\x00"), protocol.ErrMalformed, `CONTENT_LENGTH "+5"`},
	{"CONTENT_LENGTH negative", packet("CONTENT_LENGTH\x00-1\x00SCGI\x001\x00"), protocol.ErrMalformed, `CONTENT_LENGTH "-1"`},
	{"CONTENT_LENGTH and more", packet("CONTENT_LENGTH\x005abc\x00SCGI\x001\x00"), protocol.ErrMalformed, `CONTENT_LENGTH "5abc"`},
	{"CONTENT_LENGTH with a space", packet("CONTENT_LENGTH\x00 5\x00SCGI\x001\x00"), protocol.ErrMalformed, `CONTENT_LENGTH " 5"`},
	{"CONTENT_LENGTH beyond 63 bits", packet("CONTENT_LENGTH\x009223372036854775808\x00SCGI\x001\x00"), protocol.ErrMalformed, `CONTENT_LENGTH "9223372036854775808"`},
	{"no SCGI", packet("CONTENT_LENGTH\x000\x00"), protocol.ErrMalformed, `SCGI is "", not 1`},
	{"another version of SCGI", packet("CONTENT_LENGTH\x000\x00SCGI\x002\x00"), protocol.ErrMalformed, `SCGI is "2", not 1`},
	{"more variables than allowed", packet("CONTENT_LENGTH\x000\x00SCGI\x001\x00" + strings.Repeat("X\x00\x00", 99)), protocol.ErrTooLarge, "too large: 101 > 100 variables"},
}

func TestBad(t *testing.T) {
	for _, row := range bad {
		t.Run(row.text, func(t *testing.T) {
			_, _, _, err := consumeRequest([]byte(row.bytes), 100)
			if !errors.Is(err, row.kind) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// What a client will not send.
func TestRefusedToSend(t *testing.T) {
	for _, p := range []protocol.Params{
		protocol.Pairs("", "x"), protocol.Pairs("A\x00B", "x"), protocol.Pairs("A", "x\x00y"),
	} {
		if b, err := appendRequest(nil, p, 0); !errors.Is(err, protocol.ErrMalformed) || len(b) > 0 {
			t.Errorf("%q: %q, %v", p, b, err)
		}
	}
}

// Variables that lie about the body or would become a script's proxy stay at home; our own two are
// true whatever a front said.
func TestWithheld(t *testing.T) {
	p := protocol.Pairs("HTTP_PROXY", "evil", "SCGI", "7", "A", "1", "HTTP_TRANSFER_ENCODING", "chunked", "CONTENT_LENGTH", "99",
		"HTTP_CONTENT_LENGTH", "98", "HTTP_CONTENT_TYPE", "x/y", "HTTP_PROXY_AUTHORIZATION", "kept")
	b, err := appendRequest(nil, p, 5)
	if err != nil {
		t.Fatal(err)
	}
	got, length, _, err := consumeRequest(b, 100)
	want := protocol.Pairs("CONTENT_LENGTH", "5", "SCGI", "1", "A", "1", "HTTP_PROXY_AUTHORIZATION", "kept")
	if diff := cmp.Diff(want, got); diff != "" || length != 5 || err != nil {
		t.Errorf("length %d, %v\n%s", length, err, diff)
	}
}

// The variables of a request are one allocation, which does not hold the connection's buffer.
func TestAllocations(t *testing.T) {
	b := []byte(golden[0].bytes)
	n := testing.AllocsPerRun(100, func() {
		if _, _, _, err := consumeRequest(b, 100); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations, want one for the slice and the string", n)
	}
}
