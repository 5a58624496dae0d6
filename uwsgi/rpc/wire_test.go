package rpc

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// list makes arguments of strings.
func list(items ...string) [][]byte {
	args := make([][]byte, len(items))
	for i, s := range items {
		args[i] = []byte(s)
	}
	return args
}

// repeated is an argument, so many times.
func repeated(n int, s string) []string { return strings.Split(strings.Repeat(s+"\n", n), "\n")[:n] }

// calls are packets of calls, as uWSGI 2.0.21 sends them where it can.
var calls = []struct {
	text  string
	form  uint8
	name  string
	args  []string
	bytes string
}{
	{"no arguments", 0, "hello", nil, "\xad\x07\x00\x00\x05\x00hello"},
	{"raw", 1, "hello", nil, "\xad\x07\x00\x01\x05\x00hello"},
	{"two arguments", 0, "fn", []string{"foo", "bar"}, "\xad\x0e\x00\x00\x02\x00fn\x03\x00foo\x03\x00bar"},
	{"arguments without a byte, which uWSGI's own client sends and its server drops", 0, "fn", []string{"", "x", ""},
		"\xad\x0b\x00\x00\x02\x00fn\x00\x00\x01\x00x\x00\x00"},
	{"any byte", 0, "sum", []string{"\x00\xff", "40"}, "\xad\x0d\x00\x00\x03\x00sum\x02\x00\x00\xff\x02\x0040"},
	{"254 arguments", 0, "fn", repeated(254, "a"), "\xad\xfe\x02\x00\x02\x00fn" + strings.Repeat("\x01\x00a", 254)},
	{"the largest argument", 0, "fn", []string{strings.Repeat("v", 65529)}, "\xad\xff\xff\x00\x02\x00fn\xf9\xff" + strings.Repeat("v", 65529)},
}

func TestGoldenCalls(t *testing.T) {
	for _, row := range calls {
		t.Run(row.text, func(t *testing.T) {
			b, err := appendCall(nil, row.form, row.name, list(row.args...))
			if diff := cmp.Diff(row.bytes, string(b)); err != nil || diff != "" {
				t.Errorf("append: %v\n%s", err, diff)
			}
			name, args, err := consumeArray([]byte(row.bytes[4:]), false, nil)
			if diff := cmp.Diff(append([]string{row.name}, row.args...), append([]string{string(name)}, texts(args)...)); err != nil || diff != "" {
				t.Errorf("consume: %v\n%s", err, diff)
			}
		})
	}
}

func texts(args [][]byte) (list []string) {
	for _, a := range args {
		list = append(list, string(a))
	}
	return list
}

// A part of an array is good only where an item ends.
func TestEveryStrictPrefixOfAnArrayFails(t *testing.T) {
	for _, row := range calls {
		ends, at := map[int]bool{}, 2+len(row.name)
		ends[at] = true
		for _, a := range row.args {
			at += 2 + len(a)
			ends[at] = true
		}
		block := []byte(row.bytes[4:])
		for i := range min(len(block), 1000) {
			if _, _, err := consumeArray(block[:i], false, nil); (err == nil) != ends[i] || err != nil && !errors.Is(err, protocol.ErrMalformed) {
				t.Errorf("%s, %d bytes of %d: %v", row.text, i, len(block), err)
			}
		}
	}
}

// Padding without a byte is left out where a front writes the array: nginx's documented example.
func TestPadding(t *testing.T) {
	for _, row := range []struct {
		block string
		want  []string
	}{
		{"\x08\x00hellolua\x03\x00foo\x03\x00bar\x00\x00", []string{"hellolua", "foo", "bar"}},
		{"\x00\x00\x06\x00httpok", []string{"httpok"}},
		{"\x00\x00\x02\x00fn\x00\x00\x01\x00x\x00\x00\x00\x00", []string{"fn", "x"}},
	} {
		name, args, err := consumeArray([]byte(row.block), true, nil)
		if diff := cmp.Diff(row.want, append([]string{string(name)}, texts(args)...)); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", row.block, err, diff)
		}
	}
}

// badArrays are blocks that are refused, each with its reason.
var badArrays = []struct {
	text, block string
	skipEmpty   bool
	kind        error
	want        string
}{
	{"nothing", "", false, protocol.ErrMalformed, "no function is named"},
	{"padding alone", "\x00\x00\x00\x00", true, protocol.ErrMalformed, "no function is named"},
	{"an empty name: uWSGI takes the next item for the function", "\x00\x00\x05\x00hello", false, protocol.ErrMalformed, "the function's name is empty"},
	{"one byte left", "\x05\x00hello\x01", false, protocol.ErrMalformed, "item 2 takes 2 bytes of the 1 that are left of the block"},
	{"a length past the end", "\x05\x00hello\x03\x00ab", false, protocol.ErrMalformed, "item 2 takes 5 bytes of the 4 that are left of the block"},
	{"a length of 65,535", "\xff\xffab", false, protocol.ErrMalformed, "item 1 takes 65537 bytes of the 4"},
	{"NUL in the name: uWSGI calls hello", "\x0a\x00hello\x00junk", false, protocol.ErrMalformed, `there is a NUL in the function's name "hello\x00junk"`},
	{"a long name", "\x00\x01" + strings.Repeat("n", 256), false, protocol.ErrTooLarge, "256 > 255 bytes in the function's name"},
	{"255 arguments: uWSGI drops the last", "\x02\x00fn" + strings.Repeat("\x01\x00a", 255), false, protocol.ErrTooLarge, "255 > 254 arguments"},
	{"300 arguments", "\x02\x00fn" + strings.Repeat("\x00\x00", 300), false, protocol.ErrTooLarge, "300 > 254 arguments"},
	{"300 arguments beside padding", "\x02\x00fn" + strings.Repeat("\x00\x00\x01\x00a", 300), true, protocol.ErrTooLarge, "300 > 254 arguments"},
}

func TestBadArrays(t *testing.T) {
	for _, row := range badArrays {
		_, _, err := consumeArray([]byte(row.block), row.skipEmpty, nil)
		if !errors.Is(err, row.kind) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", row.text, err, row.want)
		}
	}
}

// What a packet cannot carry is an error, where uWSGI's client counts in 8 and 16 bits: it sends no
// argument for 256, and an empty one for 65,536 bytes.
func TestCallsThatDoNotFit(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"fn", repeated(255, "a"), `uwsgi: rpc "fn": too large: 255 > 254 arguments`},
		{"fn", repeated(256, "a"), "256 > 254 arguments"},
		{"fn", []string{"a", strings.Repeat("v", 65536)}, "65536 > 65535 bytes in argument 2"},
		{"fn", []string{strings.Repeat("v", 65540)}, "65540 > 65535 bytes in argument 1"},
		{"fn", []string{strings.Repeat("v", 65530)}, "65536 > 65535 bytes in the call"},
		{"fn", []string{strings.Repeat("v", 40000), strings.Repeat("v", 40000)}, "80008 > 65535 bytes in the call"},
		{"", nil, "the function's name is empty"},
		{"a\x00b", nil, "there is a NUL in the function's name"},
		{strings.Repeat("n", 256), nil, "256 > 255 bytes in the function's name"},
	} {
		b, err := appendCall([]byte("x"), 0, row.name, list(row.args...))
		if err = named(row.name, err); err == nil || !strings.Contains(err.Error(), row.want) || string(b) != "x" {
			t.Errorf("%d bytes, %v, want %s", len(b), err, row.want)
		}
	}
}

// answers are what stands before a result, as uWSGI 2.0.21 sends it.
var answers = []struct {
	length int64
	bytes  string
}{
	{0, "\xad\x00\x00\x00"},
	{11, "\xad\x0b\x00\x00"},
	{65535, "\xad\xff\xff\x00"},
	{65536, "\xad\x17\x00\x05\x0e\x00CONTENT_LENGTH\x05\x0065536"},
	{1000000, "\xad\x19\x00\x05\x0e\x00CONTENT_LENGTH\x07\x001000000"},
	{1<<63 - 1, "\xad\x25\x00\x05\x0e\x00CONTENT_LENGTH\x13\x009223372036854775807"},
}

func TestGoldenAnswers(t *testing.T) {
	for _, row := range answers {
		if diff := cmp.Diff(row.bytes, string(appendAnswer(nil, row.length))); diff != "" {
			t.Error(diff)
		}
		length, n, err := consumeAnswer([]byte(row.bytes + "result"))
		if length != row.length || n != len(row.bytes) || err != nil {
			t.Errorf("%q: %d, %d, %v", row.bytes, length, n, err)
		}
		for i := range row.bytes {
			if _, n, err := consumeAnswer([]byte(row.bytes[:i])); n != 0 || err != nil {
				t.Errorf("%q: %d, %v", row.bytes[:i], n, err)
			}
		}
	}
}

// A failure is told apart from every result, and has no length, so that uWSGI takes it for none.
func TestFailures(t *testing.T) {
	b := appendFailure(nil, 404, "no such function")
	want := "\xad\x2e\x00\x05\x0a\x00RPC_STATUS\x03\x00404\x09\x00RPC_ERROR\x10\x00no such function"
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
	_, _, err := consumeAnswer(b)
	own, ok := errors.AsType[*Error](err)
	if !ok || own.Status != 404 || own.Message != "no such function" || !errors.Is(err, protocol.ErrNotFound) || err.Error() != "rpc: 404 Not Found: no such function" {
		t.Errorf("%v", err)
	}
	for i := range b {
		if _, n, err := consumeAnswer(b[:i]); n != 0 || err != nil {
			t.Errorf("%d bytes: %d, %v", i, n, err)
		}
	}
	if b := appendFailure(nil, 500, strings.Repeat("x", 70000)); len(b) > 1100 {
		t.Errorf("%d bytes", len(b))
	}
}

// What a node says of a failure is a part of one line, whatever it is.
func TestMessagesOfFailures(t *testing.T) {
	for message, want := range map[string]string{
		"r\u00e9sum\u00e9 \u2014 \"no\"": "rpc: 500 Internal Server Error: r\u00e9sum\u00e9 \u2014 \"no\"",
		"a\nb":                           `rpc: 500 Internal Server Error: "a\nb"`,
		"\x1b[2J\r\u009b":                `rpc: 500 Internal Server Error: "\x1b[2J\r\u009b"`,
		"\xff":                           `rpc: 500 Internal Server Error: "\xff"`,
		strings.Repeat("x", 60000):       "rpc: 500 Internal Server Error: " + strings.Repeat("x", 1024) + "...",
	} {
		if _, _, err := consumeAnswer(appendLong(nil, varStatus, "500", varError, message)); err == nil || err.Error() != want {
			t.Errorf("%.80q: %.200v, want %.200s", message, err, want)
		}
	}
}

func TestBadAnswers(t *testing.T) {
	for _, row := range []struct{ bytes, want string }{
		{"\xad\x00\x00\x05", "without variables"},
		{string(appendLong(nil, "A", "b")), `a long answer with CONTENT_LENGTH ""`},
		{string(appendLong(nil, "CONTENT_LENGTH", "-1")), `a long answer with CONTENT_LENGTH "-1"`},
		{string(appendLong(nil, "CONTENT_LENGTH", "+1")), `a long answer with CONTENT_LENGTH "+1"`},
		{string(appendLong(nil, "CONTENT_LENGTH", "9223372036854775808")), `CONTENT_LENGTH "9223372036854775808"`},
		{string(appendLong(nil, "RPC_STATUS", "200")), `RPC_STATUS "200"`},
		{"HTTP/1.1 501 Not Implemented\r\n\r\n", "rpc: 501 Not Implemented"},
		{"HTTP/1.1 200 OK\r\n\r\n", "the answer is HTTP's, with status 200"},
		{"HTTP!\r\n\r\n", "header line 1"},
	} {
		if _, _, err := consumeAnswer([]byte(row.bytes)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, want %s", row.bytes, err, row.want)
		}
	}
}

func ExampleErrorf() {
	err := Errorf(404, "no user %q", "arthur")
	fmt.Println(err, errors.Is(err, protocol.ErrNotFound))
	// Output: rpc: 404 Not Found: no user "arthur" true
}
