package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

func TestMain(m *testing.M) { netiotest.Main(m) }

// functions are those of the tests.
func functions() *Registry {
	r := new(Registry)
	r.Register("hello", func(context.Context, [][]byte) ([]byte, error) { return []byte("Hello World"), nil })
	r.Register("echo", func(_ context.Context, args [][]byte) ([]byte, error) {
		return []byte(strings.Join(texts(args), "|")), nil
	})
	r.Register("count", func(_ context.Context, args [][]byte) ([]byte, error) {
		return strconv.AppendInt(nil, int64(len(args)), 10), nil
	})
	r.Register("big", func(_ context.Context, args [][]byte) ([]byte, error) {
		n, err := strconv.Atoi(string(args[0]))
		return []byte(strings.Repeat("x", n)), err
	})
	r.Register("empty", func(context.Context, [][]byte) ([]byte, error) { return nil, nil })
	r.Register("fail", func(context.Context, [][]byte) ([]byte, error) { return nil, errors.New("a secret") })
	r.Register("teapot", func(context.Context, [][]byte) ([]byte, error) { return nil, Errorf(418, "short and stout") })
	r.Register("panic", func(context.Context, [][]byte) ([]byte, error) { panic("at the function") })
	r.Register("exit", func(context.Context, [][]byte) ([]byte, error) { runtime.Goexit(); return nil, nil })
	r.Register("page", func(context.Context, [][]byte) ([]byte, error) {
		return []byte("HTTP/1.0 201 Created\r\nX-A: 1\r\n\r\nmade"), nil
	})
	r.RegisterStream("stream", func(_ context.Context, args [][]byte) (io.Reader, int64, error) {
		n, err := strconv.ParseInt(string(args[0]), 10, 64)
		return strings.NewReader("streamed"), n, err
	})
	return r
}

// packet frames a block as a call of that form.
func packet(form uint8, block string) string {
	return string(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: len(block), Modifier2: form})) + block
}

// say is the packet of a call.
func say(t testing.TB, form uint8, name string, args ...string) string {
	b, err := appendCall(nil, form, name, list(args...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// path is the packet of a call by a path.
func path(namesAndValues ...string) string {
	var block []byte
	for _, s := range namesAndValues {
		block = uwsgi.AppendString(block, s)
	}
	return packet(formPath, string(block))
}

func stream(r *Registry) *netiotest.Stream {
	return &netiotest.Stream{
		Protocol:     uwsgi.Protocol{Kinds: map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: r}},
		StatusPrefix: "HTTP/1.1",
	}
}

// page is an answer of HTTP's form.
func page(status, contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\nContent-Type: %s\r\nX-Content-Type-Options: nosniff\r\n\r\n%s", status, len(body), contentType, body)
}

func TestPackets(t *testing.T) {
	const refused = `level=WARN msg="request failed" err="uwsgi: rpc`
	failure := func(status int, text string) string { return string(appendFailure(nil, status, text)) }
	stream(functions()).Conversations(t, []netiotest.Conversation{
		{Text: "hello", Says: say(t, 0, "hello"), Hear: "\xad\x0b\x00\x00Hello World"},
		{Text: "echo", Says: say(t, 0, "echo", "a", "bb"), Hear: "\xad\x04\x00\x00a|bb"},
		{Text: "arguments without a byte are kept, where uWSGI moves those behind them", Says: say(t, 0, "echo", "", "a", ""), Hear: "\xad\x03\x00\x00|a|"},
		{Text: "254 arguments", Says: say(t, 0, "count", repeated(254, "a")...), Hear: "\xad\x03\x00\x00254"},
		{Text: "an empty result is no failure", Says: say(t, 0, "empty"), Hear: "\xad\x00\x00\x00"},
		{Text: "a result that just fits", Says: say(t, 0, "big", "65535"), Hear: "\xad\xff\xff\x00" + strings.Repeat("x", 65535)},
		{Text: "a result beyond", Says: say(t, 0, "big", "65536"), Hear: answers[3].bytes + strings.Repeat("x", 65536)},
		{Text: "a stream", Says: say(t, 0, "stream", "8"), Hear: "\xad\x08\x00\x00streamed"},
		{Text: "a stream of unknown length", Says: say(t, 0, "stream", "-1"), Hear: "\xad\x08\x00\x00streamed"},
		{Text: "bytes behind the call", Says: say(t, 0, "hello") + "more", Hear: "\xad\x0b\x00\x00Hello World"},

		{Text: "an unknown function", Says: say(t, 0, "nobody"), Hear: failure(404, "no function of that name is registered"),
			Log: refused + ` \"nobody\": not found: no function of that name is registered" protocol=uwsgi peer=script method=RPC uri=/nobody`},
		{Text: "an error, whose text is for the log", Says: say(t, 0, "fail"), Hear: failure(500, ""), Log: `level=ERROR msg="request failed" err="uwsgi: rpc \"fail\": the function failed: a secret"`},
		{Text: "an error for the caller", Says: say(t, 0, "teapot"), Hear: failure(418, "short and stout"), Log: "rpc: 418 I'm a teapot: short and stout"},
		{Text: "a panic", Says: say(t, 0, "panic"), Hear: failure(500, ""), Log: "handler panicked: at the function"},
		{Text: "a function that ends its goroutine", Says: say(t, 0, "exit"), Hear: failure(500, ""), Log: "the function ended its goroutine"},
		{Text: "no function", Says: packet(0, ""), Hear: failure(400, "no function is named"), Log: refused + `: malformed: no function is named`},
		{Text: "an empty name", Says: packet(0, "\x00\x00\x01\x00a"), Hear: failure(400, "the function's name is empty"), Log: refused},
		{Text: "NUL in the name", Says: packet(0, "\x07\x00hello\x00x"), Hear: failure(400, `there is a NUL in the function's name "hello\x00x"`), Log: refused},
		{Text: "one byte left", Says: packet(0, "\x05\x00hello\x01"), Hear: failure(400, "item 2 takes 2 bytes of the 1 that are left of the block"), Log: refused},
		{Text: "a length past the end", Says: packet(0, "\x05\x00hello\x05\x00a"), Hear: failure(400, "item 2 takes 7 bytes of the 3 that are left of the block"), Log: refused},
		{Text: "255 arguments", Says: packet(0, "\x05\x00count"+strings.Repeat("\x01\x00a", 255)), Hear: failure(413, "255 > 254 arguments"), Log: refused + ": too large: 255 > 254 arguments"},
		{Text: "a packet over the limit", Says: "\xad\x01\x10\x00", Hear: failure(431, ""), Log: "uwsgi: read params: too large: 4097 > 4096 bytes"},
		{Text: "an end in the call", Says: "\xad\x07\x00\x00\x05\x00he", Hear: failure(400, ""), Log: "aborted: the connection ended after 8 bytes"},
		{Text: "a stream that is too short", Says: say(t, 0, "stream", "9"), Hear: failure(500, ""), Log: "the result has 8 bytes of 9: unexpected EOF"},
		{Text: "a request is the handler's", Says: "\x00\x05\x00\x00\x01\x00A\x00\x00", Hear: stream(nil).OK("\"A\"=\"\"\n0 0: 0 bytes \"\" <nil>\n")},
		{Text: "a ping is answered", Says: "\x64\x00\x00\x00", Hear: "\x64\x00\x00\x01"},
	})
}

func TestRawAnswers(t *testing.T) {
	rows := []netiotest.Conversation{
		{Text: "hello", Says: say(t, 1, "hello"), Hear: "Hello World"},
		{Text: "uWSGI takes other modifiers for 1", Says: say(t, 6, "hello"), Hear: "Hello World"},
		{Text: "nginx's documented example: padding is left out", Says: packet(1, "\x04\x00echo\x03\x00foo\x03\x00bar\x00\x00"), Hear: "foo|bar"},
		{Text: "padding before the function", Says: packet(1, "\x00\x00\x04\x00page"), Hear: "HTTP/1.0 201 Created\r\nX-A: 1\r\n\r\nmade"},
		{Text: "a long result", Says: say(t, 1, "big", "70000"), Hear: strings.Repeat("x", 70000)},
		{Text: "an empty result", Says: say(t, 1, "empty"), Hear: ""},
		{Text: "an unknown function", Says: say(t, 1, "nobody"), Hear: "", Log: "not found"},
		{Text: "a failure", Says: say(t, 1, "fail"), Hear: "", Log: "a secret"},
		{Text: "a packet over the limit", Says: "\xad\x01\x10\x01", Hear: "", Log: "too large: 4097 > 4096 bytes"},
	}
	stream(functions()).Conversations(t, rows)
}

// Where it is wanted a raw result is an HTTP response, so that nginx can call any function.
func TestWrappedAnswers(t *testing.T) {
	r := functions()
	r.WrapRaw = true
	s := stream(r)
	s.Conversations(t, []netiotest.Conversation{
		{Text: "hello", Says: say(t, 1, "hello"), Hear: page("200 OK", "application/octet-stream", "Hello World")},
		{Text: "a long result", Says: say(t, 1, "big", "70000"), Hear: page("200 OK", "application/octet-stream", strings.Repeat("x", 70000))},
		{Text: "an empty result", Says: say(t, 1, "empty"), Hear: page("200 OK", "application/octet-stream", "")},
		{Text: "a stream", Says: say(t, 1, "stream", "8"), Hear: page("200 OK", "application/octet-stream", "streamed")},
		{Text: "a result that is one already", Says: say(t, 1, "page"), Hear: "HTTP/1.0 201 Created\r\nX-A: 1\r\n\r\nmade"},
		{Text: "an unknown function", Says: say(t, 1, "nobody"), Hear: s.ErrorPage(404), Log: "not found"},
		{Text: "a failure", Says: say(t, 1, "fail"), Hear: s.ErrorPage(500), Log: "a secret"},
		{Text: "packets stay packets", Says: say(t, 0, "hello"), Hear: "\xad\x0b\x00\x00Hello World"},
	})
}

func TestPaths(t *testing.T) {
	s := stream(functions())
	binary := func(body string) string { return page("200 OK", "application/binary", body) }
	s.Conversations(t, []netiotest.Conversation{
		{Text: "a function", Says: path("PATH_INFO", "/hello"), Hear: binary("Hello World")},
		{Text: "arguments", Says: path("PATH_INFO", "/echo/a/bb", "REQUEST_METHOD", "GET"), Hear: binary("a|bb")},
		{Text: "without a slash, and with more", Says: path("PATH_INFO", "echo//a///b/"), Hear: binary("a|b")},
		{Text: "per cent signs are the path's", Says: path("PATH_INFO", "/echo/%41"), Hear: binary("%41")},
		{Text: "an empty result, which uWSGI answers 404", Says: path("PATH_INFO", "/empty"), Hear: binary("")},
		{Text: "a stream", Says: path("PATH_INFO", "/stream/8"), Hear: binary("streamed")},
		{Text: "HEAD has no body, where uWSGI sends one", Says: path("PATH_INFO", "/hello", "REQUEST_METHOD", "HEAD"), Hear: strings.TrimSuffix(binary("Hello World"), "Hello World")},
		{Text: "the type is the one that is accepted", Says: path("PATH_INFO", "/hello", "HTTP_ACCEPT", "text/plain"), Hear: page("200 OK", "text/plain", "Hello World")},
		{Text: "anything is accepted", Says: path("PATH_INFO", "/hello", "HTTP_ACCEPT", "*/*"), Hear: binary("Hello World")},
		{Text: "several types", Says: path("PATH_INFO", "/hello", "HTTP_ACCEPT", "text/html,text/plain;q=0.5"), Hear: binary("Hello World")},
		{Text: "a line break, which uWSGI sends on", Says: path("PATH_INFO", "/hello", "HTTP_ACCEPT", "text/x\r\nX-Evil: 1"), Hear: binary("Hello World")},
		{Text: "SERVER_PROTOCOL, which uWSGI sends back", Says: path("PATH_INFO", "/hello", "SERVER_PROTOCOL", "FOO BAR"), Hear: binary("Hello World")},
		{Text: "no function", Says: path("PATH_INFO", "/"), Hear: s.ErrorPage(400), Log: "no function is named in PATH_INFO"},
		{Text: "no path", Says: path("A", "b"), Hear: s.ErrorPage(400), Log: "no function is named in PATH_INFO"},
		{Text: "an unknown function", Says: path("PATH_INFO", "/nobody"), Hear: s.ErrorPage(404), Log: "not found"},
		{Text: "254 arguments", Says: path("PATH_INFO", "/count"+strings.Repeat("/a", 254)), Hear: binary("254")},
		{Text: "256 arguments: uWSGI takes the last for the function", Says: path("PATH_INFO", "/count"+strings.Repeat("/a", 255)+"/hello"), Hear: s.ErrorPage(413), Log: "256 > 254 arguments"},
		{Text: "a failure", Says: path("PATH_INFO", "/fail"), Hear: s.ErrorPage(500), Log: "a secret"},
	})
}

func TestAllow(t *testing.T) {
	r := functions()
	r.Allow = func(peer net.Addr) bool { return peer.String() != "script" }
	s := stream(r)
	s.Conversations(t, []netiotest.Conversation{
		{Text: "a packet", Says: say(t, 0, "hello"), Hear: string(appendFailure(nil, 403, "")), Log: "uwsgi: rpc: forbidden: the peer is not in the list"},
		{Text: "raw", Says: say(t, 1, "hello"), Hear: "", Log: "forbidden"},
		{Text: "a path", Says: path("PATH_INFO", "/hello"), Hear: s.ErrorPage(403), Log: "forbidden"},
		{Text: "a request is not called", Says: "\x00\x05\x00\x00\x01\x00A\x00\x00", Hear: s.OK("\"A\"=\"\"\n0 0: 0 bytes \"\" <nil>\n")},
	})
}

// dial returns a function that connects to a server of r's functions, and what that logs.
func dial(t testing.TB, r *Registry) func(context.Context) (net.Conn, error) {
	return stream(r).Dial(t, netiotest.Report)
}

// A function that outlasts its time keeps nobody waiting, but for its place among those that run.
func TestTimeout(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		r := functions()
		r.Timeout, r.MaxCalls = time.Millisecond, 1
		free, returned := make(chan struct{}), make(chan error, 1)
		r.Register("slow", func(ctx context.Context, args [][]byte) ([]byte, error) {
			if _, ok := ctx.Deadline(); !ok {
				t.Error("no deadline")
			}
			if heeds {
				<-ctx.Done()
			}
			<-free
			returned <- context.Cause(ctx)
			return args[0], nil
		})
		c := &Client{Dial: dial(t, r)}
		own := fails(t, c, 504, "slow", "a")
		if own != nil && own.Error() != `rpc "slow": 504 Gateway Timeout` {
			t.Error(own)
		}
		fails(t, c, 503, "hello")
		close(free)
		if cause := <-returned; !errors.Is(cause, context.DeadlineExceeded) {
			t.Errorf("the context ended by %v", cause)
		}
		for r.running.Load() > 0 {
			runtime.Gosched()
		}
		r.Timeout = -1
		if b, err := c.Call(t.Context(), "hello"); string(b) != "Hello World" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
	}
}

// fails makes a call that the node must answer with a status.
func fails(t *testing.T, c *Client, status int, name string, args ...string) *Error {
	t.Helper()
	b, err := c.Call(t.Context(), name, list(args...)...)
	own, ok := errors.AsType[*Error](err)
	if b != nil || !ok || own.Status != status {
		t.Errorf("%s: %q, %v, want %d", name, b, err, status)
	}
	return own
}

// The context ends when the caller has gone.
func TestCallerGoes(t *testing.T) {
	r := functions()
	began, ended := make(chan struct{}), make(chan error, 1)
	r.Register("wait", func(ctx context.Context, _ [][]byte) ([]byte, error) {
		close(began)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-began; cancel() }()
	b, err := (&Client{Dial: dial(t, r)}).Call(ctx, "wait")
	if b != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, protocol.ErrAborted) {
		t.Errorf("%q, %v", b, err)
	}
	if cause := <-ended; !errors.Is(cause, protocol.ErrAborted) {
		t.Errorf("the context ended by %v", cause)
	}
}

// A context that nobody has asked for ends, too, when the function has returned.
func TestContextAfterCall(t *testing.T) {
	for _, ask := range []bool{true, false} {
		r := functions()
		kept := make(chan context.Context, 1)
		r.Register("keep", func(ctx context.Context, _ [][]byte) ([]byte, error) {
			if ask {
				ctx.Done()
			}
			kept <- ctx
			return nil, ctx.Err()
		})
		if b, err := (&Client{Dial: dial(t, r)}).Call(t.Context(), "keep"); len(b) > 0 || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		ctx := <-kept
		derived, cancel := context.WithCancel(ctx)
		<-ctx.Done()
		<-derived.Done()
		if cancel(); ctx.Err() != context.Canceled || context.Cause(ctx) == nil {
			t.Errorf("%v, %v", ctx.Err(), context.Cause(ctx))
		}
	}
}

// A call is observed as a request of method RPC, and so is one that is refused.
func TestCallsAreObserved(t *testing.T) {
	r := functions()
	var seen []string
	for _, says := range []string{say(t, 0, "hello"), say(t, 1, "fail"), say(t, 0, "nobody"), packet(0, ""), path("PATH_INFO", "/hello", "REQUEST_METHOD", "GET")} {
		loop := &protocol.Loop{Log: slog.New(slog.DiscardHandler), Observe: func(r *protocol.Request, s protocol.Summary) {
			seen = append(seen, fmt.Sprint(r.Method(), " ", r.RequestURI(), " ", s.Status, " ", s.Err != nil))
		}}
		if err := loop.Serve(t.Context(), stream(r).Protocol.NewConn(netiotest.NewScript([]byte(says), nil), nil)); err != nil {
			t.Error(err)
		}
	}
	want := []string{"RPC /hello 200 false", "RPC /fail 500 true", "RPC /nobody 404 true", "RPC / 400 true", "GET /hello 200 false"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// A function that outlasts its time keeps its arguments, whatever is called meanwhile.
func TestArgumentsOfALateFunction(t *testing.T) {
	r := functions()
	r.Timeout = time.Millisecond
	free, kept := make(chan struct{}), make(chan string, 1)
	r.Register("slow", func(_ context.Context, args [][]byte) ([]byte, error) {
		<-free
		kept <- string(args[0])
		return nil, nil
	})
	c := &Client{Dial: dial(t, r)}
	fails(t, c, 504, "slow", "mine")
	r.Timeout = 0
	for range 10 {
		if b, err := c.Call(t.Context(), "echo", []byte("yours")); string(b) != "yours" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
	}
	close(free)
	if got := <-kept; got != "mine" {
		t.Errorf("its argument is %q", got)
	}
}

// A stream that comes after its time is closed.
func TestLateStreamIsClosed(t *testing.T) {
	r := functions()
	r.Timeout = time.Millisecond
	free, closed := make(chan struct{}), make(chan struct{})
	r.RegisterStream("slow", func(context.Context, [][]byte) (io.Reader, int64, error) {
		<-free
		return closer{strings.NewReader(""), closed}, 0, nil
	})
	fails(t, &Client{Dial: dial(t, r)}, 504, "slow")
	close(free)
	<-closed
}

type closer struct {
	io.Reader
	closed chan struct{}
}

func (c closer) Close() error { close(c.closed); return nil }
