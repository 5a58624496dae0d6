package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

// callers are the ways to call a function, which all give the same.
func callers(t testing.TB) map[string]Caller {
	r := functions()
	return map[string]Caller{"client": &Client{Dial: dial(t, r)}, "raw": &Client{Dial: dial(t, r), Raw: true}, "local": Local(r)}
}

func TestCall(t *testing.T) {
	for name, c := range callers(t) {
		for _, row := range []struct {
			name string
			args []string
			want string
		}{
			{"hello", nil, "Hello World"},
			{"echo", []string{"a", "\x00\xff"}, "a|\x00\xff"},
			{"count", repeated(254, "aa"), "254"},
			{"big", []string{"1"}, "x"},
			{"big", []string{"65534"}, strings.Repeat("x", 65534)},
			{"big", []string{"65535"}, strings.Repeat("x", 65535)},
			{"big", []string{"65536"}, strings.Repeat("x", 65536)},
			{"big", []string{"10000000"}, strings.Repeat("x", 10000000)},
			{"stream", []string{"8"}, "streamed"},
			{"stream", []string{"-1"}, "streamed"},
		} {
			b, err := c.Call(t.Context(), row.name, list(row.args...)...)
			if string(b) != row.want || err != nil {
				t.Errorf("%s: %s: %d bytes, %v", name, row.name, len(b), err)
			}
		}
	}
}

func TestCallFails(t *testing.T) {
	for name, c := range callers(t) {
		for _, row := range []struct {
			name string
			args []string
			kind error
			raw  string
			want string
		}{
			{"nobody", nil, protocol.ErrNotFound, "no answer", "no function of that name is registered"},
			{"fail", nil, nil, "no answer", "fail"},
			{"teapot", nil, nil, "no answer", "418 I'm a teapot: short and stout"},
			{"panic", nil, nil, "no answer", ""},
			{"stream", []string{"9"}, nil, "no answer", ""},
			{"count", repeated(255, "a"), protocol.ErrTooLarge, "255 > 254 arguments", "255 > 254 arguments"},
			{"count", []string{strings.Repeat("a", 65536)}, protocol.ErrTooLarge, "65536 > 65535", "65536 > 65535 bytes in argument 1"},
			{"", nil, protocol.ErrMalformed, "the function's name is empty", "the function's name is empty"},
		} {
			b, err := c.Call(t.Context(), row.name, list(row.args...)...)
			want := row.want
			if name == "raw" {
				want, row.kind = row.raw, nil
			}
			if b != nil || err == nil || !strings.Contains(err.Error(), want) || row.kind != nil && !errors.Is(err, row.kind) {
				t.Errorf("%s: %s: %q, %v", name, row.name, b, err)
			}
		}
	}
}

// An empty result is one, where uWSGI's client has none.
func TestEmptyResult(t *testing.T) {
	for name, c := range callers(t) {
		b, err := c.Call(t.Context(), "empty")
		if name == "raw" {
			if !errors.Is(err, ErrNoAnswer) {
				t.Errorf("%s: %q, %v", name, b, err)
			}
			continue
		}
		if len(b) > 0 || err != nil {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// Arguments without a byte are kept from end to end, or refused.
func TestEmptyArguments(t *testing.T) {
	r := functions()
	c := &Client{Dial: dial(t, r)}
	if b, err := c.Call(t.Context(), "echo", nil, []byte("a"), nil); string(b) != "|a|" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	c.RefuseEmpty = true
	if b, err := c.Call(t.Context(), "echo", nil); b != nil || !errors.Is(err, protocol.ErrMalformed) {
		t.Errorf("%q, %v", b, err)
	}
}

// says returns a client of a node that says that much, whatever it is called.
func says(t *testing.T, pieces ...string) *Client {
	return &Client{Dial: (&netiotest.Backend{Reads: 11, Says: pieces}).Dial(t)}
}

func TestHostileNodes(t *testing.T) {
	long := func(length string) string { return string(appendLong(nil, "CONTENT_LENGTH", length)) }
	for _, row := range []struct {
		text, says, want string
	}{
		{"nothing: a uWSGI that has failed", "", `uwsgi: rpc "hello": read answer: upstream: no answer`},
		{"half a header", "\xad\x02", "unexpected EOF"},
		{"a short result", "\xad\x05\x00\x00abc", "too large"},
		{"a long result that is short", long("65536") + "abc", "65536 > 3 bytes that came"},
		{"a length beyond the limit", long("9223372036854775807"), "too large: 9223372036854775807 > 1048576 bytes"},
		{"no length", long(""), `a long answer with CONTENT_LENGTH ""`},
		{"HTTP: a server that refuses RPC", "HTTP/1.1 501 Not Implemented\r\n\r\n", "501 Not Implemented: said by HTTP: the server knows no RPC"},
		{"HTTP: a server of HTTP", "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>", "400 Bad Request: said by HTTP: the server knows no RPC, or its port is one of HTTP"},
	} {
		c := says(t, row.says)
		c.MaxAnswer = 1 << 20
		b, err := c.Call(t.Context(), "hello")
		if b != nil || err == nil || row.text != "a short result" && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %q, %v, want %s", row.text, b, err, row.want)
		}
	}
}

// A node's modifier1 says nothing, nor does what is behind the result.
func TestLenientNodes(t *testing.T) {
	for _, answer := range []string{"\x00\x02\x00\x00hi", "\xff\x02\x00\x07hi", "\xad\x02\x00\x00hi and more", string(appendLong(nil, "A", "b", "CONTENT_LENGTH", "2")) + "hi"} {
		if b, err := says(t, answer[:1], answer[1:]).Call(t.Context(), "hello"); string(b) != "hi" || err != nil {
			t.Errorf("%q: %q, %v", answer, b, err)
		}
	}
}

// No more is allocated than has come, whatever is declared.
func TestHostileLengthAllocatesNothing(t *testing.T) {
	c := says(t, string(appendLong(nil, "CONTENT_LENGTH", "1000000000000"))+"abc")
	c.MaxAnswer = -1
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Call(t.Context(), "hello")
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err == nil || n > 8<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Another node is asked where the call cannot have begun, and only there.
func TestFailover(t *testing.T) {
	r := functions()
	busy := new(Registry)
	busy.MaxCalls = 1
	busy.running.Store(1)
	busy.Register("hello", func(context.Context, [][]byte) ([]byte, error) { return nil, errors.New("called") })
	unreachable := func(context.Context) (net.Conn, error) { return nil, errors.New("no such node") }
	closed := func(context.Context) (net.Conn, error) {
		a, b := netiotest.Unix(t)
		b.Close()
		return a, nil
	}
	read := (&netiotest.Backend{Reads: 11}).Dial(t)
	for _, row := range []struct {
		text  string
		first func(context.Context) (net.Conn, error)
		want  string // of the error; "": the second node has answered
	}{
		{"unreachable", unreachable, ""},
		{"closed before the call was written", closed, ""},
		{"busy", dial(t, busy), ""},
		{"no first node", nil, ""},
		{"the call was read", read, "no answer"},
		{"the function is unknown", dial(t, new(Registry)), "404 Not Found"},
	} {
		c := &Client{Dial: row.first, Nodes: []func(context.Context) (net.Conn, error){unreachable, dial(t, r)}}
		b, err := c.Call(t.Context(), "hello")
		if row.want == "" && (string(b) != "Hello World" || err != nil) || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %q, %v", row.text, b, err)
		}
	}
	_, err := (&Client{Dial: unreachable}).Call(t.Context(), "hello")
	if e, ok := errors.AsType[*protocol.Error](err); !ok || !e.NotSent || err.Error() != `uwsgi: rpc "hello": connect: upstream: no such node` {
		t.Error(err)
	}
}

func TestDeadlines(t *testing.T) {
	silent := func(context.Context) (net.Conn, error) { a, _ := netiotest.Unix(t); return a, nil }
	c := &Client{Dial: silent, Limits: &protocol.Limits{FirstByteTimeout: time.Millisecond}}
	if _, err := c.Call(t.Context(), "hello"); err == nil || !strings.Contains(err.Error(), "no response head within 1ms") {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := (&Client{Dial: silent}).Call(ctx, "hello"); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, protocol.ErrUpstream) {
		t.Error(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Local(functions()).Call(ended, "hello"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What a server refuses before it has read the whole call is told.
func TestRefusedWhileSending(t *testing.T) {
	server, client := netiotest.Unix(t)
	c := &Client{Dial: func(context.Context) (net.Conn, error) { return client, nil }}
	go func() {
		server.Read(make([]byte, 4))
		io.WriteString(server, "HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n")
		server.Close()
	}()
	client.SetWriteBuffer(1)
	if _, err := c.Call(t.Context(), "hello", make([]byte, 60000)); err == nil {
		t.Error("no error")
	}
}

func TestRegistry(t *testing.T) {
	r := new(Registry)
	for _, name := range []string{"", "a\x00b", strings.Repeat("n", 256)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is registered", name)
				}
			}()
			r.Register(name, nil)
		}()
	}
	answer := func(s string) Func {
		return func(context.Context, [][]byte) ([]byte, error) { return []byte(s), nil }
	}
	r.Register("b", answer("1"))
	r.Register("a", answer("2"))
	r.Register("b", answer("3"))
	if b, err := Local(r).Call(t.Context(), "b"); string(b) != "3" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if names := r.Names(); len(names) != 2 || names[0] != "a" {
		t.Errorf("%q", names)
	}
	r.Unregister("b")
	if _, err := Local(r).Call(t.Context(), "b"); !errors.Is(err, protocol.ErrNotFound) {
		t.Error(err)
	}
	var _ uwsgi.Kind = r
}

func TestLocalAllocations(t *testing.T) {
	r := new(Registry)
	r.Register("same", func(_ context.Context, args [][]byte) ([]byte, error) { return args[0], nil })
	c, arg := Local(r), []byte("a")
	if n := testing.AllocsPerRun(100, func() { c.Call(context.Background(), "same", arg) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLocal(b *testing.B) {
	r := new(Registry)
	r.Register("same", func(_ context.Context, args [][]byte) ([]byte, error) { return args[0], nil })
	c, arg := Local(r), []byte("a")
	b.ReportAllocs()
	for b.Loop() {
		c.Call(context.Background(), "same", arg)
	}
}

func BenchmarkCall(b *testing.B) {
	r := functions()
	c := &Client{Dial: dial(b, r)}
	args := make([][]byte, 10)
	for i := range args {
		args[i] = make([]byte, 1024)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Call(context.Background(), "count", args...); err != nil {
			b.Fatal(err)
		}
	}
}

// A long result is written as it comes, by a client of either form.
func TestCallTo(t *testing.T) {
	for _, raw := range []bool{false, true} {
		c := &Client{Dial: dial(t, functions()), Raw: raw}
		for _, size := range []string{"1", "65535", "65536", "10000000"} {
			var b strings.Builder
			n, err := c.CallTo(t.Context(), &b, "big", []byte(size))
			if want := strings.Repeat("x", int(n)); b.String() != want || strconv.FormatInt(n, 10) != size || err != nil {
				t.Errorf("raw %v: %d bytes of %s, %v", raw, n, size, err)
			}
		}
		if n, err := c.CallTo(t.Context(), failingWriter{}, "big", []byte("100000")); n != 0 || !errors.Is(err, errFull) {
			t.Errorf("raw %v: %d, %v", raw, n, err)
		}
		if n, err := c.CallTo(t.Context(), io.Discard, "nobody"); n != 0 || err == nil {
			t.Errorf("raw %v: %d, %v", raw, n, err)
		}
		c.MaxAnswer = 10
		if n, err := c.CallTo(t.Context(), io.Discard, "big", []byte("100000")); !errors.Is(err, protocol.ErrTooLarge) || n > 40000 {
			t.Errorf("raw %v: %d, %v", raw, n, err)
		}
	}
	// A result that is cut has been written as far as it came.
	var b strings.Builder
	n, err := says(t, string(appendLong(nil, "CONTENT_LENGTH", "65536"))+"abc").CallTo(t.Context(), &b, "hello")
	if n != 3 || b.String() != "abc" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d, %q, %v", n, &b, err)
	}
}

var errFull = errors.New("full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

// uWSGI closes on a call beyond its buffer-size without a word, and the error says what may be why.
func TestClosedOnLargeCall(t *testing.T) {
	for size, hint := range map[int]bool{4089: true, 4000: false} {
		c := &Client{Dial: (&netiotest.Backend{Reads: size + 13}).Dial(t)}
		_, err := c.Call(t.Context(), "hello", make([]byte, size))
		if !errors.Is(err, ErrNoAnswer) || strings.Contains(err.Error(), "bytes: uWSGI takes 4096 unless its buffer-size says more") != hint {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
