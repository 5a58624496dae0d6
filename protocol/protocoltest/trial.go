package protocoltest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A trial is one case on one pair over one network.
type trial struct {
	testing.TB
	*testCase
	pair    *Pair
	network string
	client  protocol.RoundTripper
	lines   net.Listener
	log     *logbook
	address net.Addr
	reports chan report // of requests that are done, if the case looks at them

	mu       sync.Mutex
	wrap     func(net.Conn) net.Conn // wraps the client's connections
	accept   func(net.Conn) net.Conn // wraps the server's
	accepted []*served               // the server's connections
	dials    int
	refusal  error // what dialing fails with
}

// dial connects to the server.
func (x *trial) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, x.address.Network(), x.address.String())
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dials++
	if x.refusal != nil {
		c.Close()
		return nil, x.refusal
	}
	if x.wrap != nil {
		c = x.wrap(c)
	}
	return c, nil
}

// wrapDials wraps the connections that the client makes from now on.
func (x *trial) wrapDials(wrap func(net.Conn) net.Conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wrap = wrap
}

func (x *trial) dialed() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.dials
}

// request returns a request without a body, with the variables that fronts always send, and more.
func (x *trial) request(method, uri string, more ...string) *protocol.Request {
	path, query, _ := strings.Cut(uri, "?")
	p := protocol.Pairs(
		"QUERY_STRING", query, "REQUEST_METHOD", method, "SCRIPT_NAME", "", "PATH_INFO", path, "REQUEST_URI", uri,
		"SERVER_PROTOCOL", "HTTP/1.1", "GATEWAY_INTERFACE", "CGI/1.1", "REMOTE_ADDR", "192.0.2.7", "REMOTE_PORT", "4711",
		"SERVER_NAME", "example.org", "SERVER_PORT", "80", "HTTP_HOST", "example.org",
		"HTTP_X_LINE", x.lines.Addr().String(), "HTTP_X_CASE", x.name)
	return &protocol.Request{Params: append(p, protocol.Pairs(more...)...)}
}

// post returns a request with a body of known length.
func (x *trial) post(body string, more ...string) *protocol.Request {
	return x.send(strings.NewReader(body), int64(len(body)), more...)
}

// send returns a request with a body of that length, -1 for unknown.
func (x *trial) send(body io.Reader, length int64, more ...string) *protocol.Request {
	r := x.request("POST", "/", more...)
	r.Body, r.ContentLength = body, length
	return r
}

// A result is a response that has been read to its end.
type result struct {
	status int
	header http.Header
	body   string
	err    error // how the body ended: nil is whole
}

// open sends r and returns the response while its body is still to be read. The test's end closes
// it.
func (x *trial) open(r *protocol.Request) *protocol.Response {
	x.Helper()
	res, err := x.try(r)
	if err != nil {
		x.Fatalf("RoundTrip: %v\n%s", err, x.log)
	}
	return res
}

// try sends r.
func (x *trial) try(r *protocol.Request) (*protocol.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	return x.tryWithin(ctx, cancel, r)
}

func (x *trial) tryWithin(ctx context.Context, cancel func(), r *protocol.Request) (*protocol.Response, error) {
	res, err := x.client.RoundTrip(ctx, r)
	if err != nil {
		cancel()
		return nil, err
	}
	x.Cleanup(func() {
		res.Body.Close()
		cancel()
	})
	return res, nil
}

// do sends r and reads the response to its end.
func (x *trial) do(r *protocol.Request) result {
	x.Helper()
	return finish(x.open(r))
}

// get is do for a plain GET.
func (x *trial) get() result {
	x.Helper()
	return x.do(x.request("GET", "/"))
}

func finish(res *protocol.Response) result {
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	return result{status: res.Status, header: res.Header, body: string(b), err: err}
}

// end sends r and tells how it ended: the response, or the error that kept it away.
func (x *trial) end(r *protocol.Request) result {
	res, err := x.try(r)
	if err != nil {
		return result{err: err}
	}
	return finish(res)
}

// whole checks a response that must be whole.
func (x *trial) whole(got result, status int, body string) {
	x.Helper()
	if got.err != nil || got.status != status || got.body != body {
		x.Errorf("got %d %.200q, ended by %v; want %d %.200q, whole\n%s", got.status, got.body, got.err, status, body, x.log)
	}
}

// status checks a whole response's status alone.
func (x *trial) status(got result, status int) {
	x.Helper()
	if got.err != nil || got.status != status {
		x.Errorf("got %d %.200q, ended by %v; want %d, whole\n%s", got.status, got.body, got.err, status, x.log)
	}
}

// cut checks that a response is known not to be whole.
func (x *trial) cut(got result) {
	x.Helper()
	switch {
	case got.err == nil && got.status == 502 && x.pair.Chain:
		// the gateway knew before it had sent anything
	case got.err == nil:
		x.Errorf("got %d %.200q as if it were whole", got.status, got.body)
	case !errors.Is(got.err, protocol.ErrUpstream):
		x.Errorf("ended by %v, which is no ErrUpstream", got.err)
	}
}

// refused checks that the client does not send r, and says why with an error of that kind; or that
// a gateway does not send it on.
func (x *trial) refused(r *protocol.Request, kind error) {
	x.Helper()
	res, err := x.try(r)
	switch {
	case err == nil && x.pair.Chain && (res.Status == protocol.Status(kind) || res.Status == http.StatusRequestHeaderFieldsTooLarge):
		x.Logf("refused: %d", res.Status)
	case err == nil:
		x.Errorf("the request went through: %d", res.Status)
	case !errors.Is(err, kind):
		x.Errorf("refused with %v; want kind %v", err, kind)
	default:
		x.Logf("refused: %v", err)
	}
}

// field checks all values of one response field.
func (x *trial) field(got result, name string, values ...string) {
	x.Helper()
	if have := got.header.Values(name); strings.Join(have, "|") != strings.Join(values, "|") || len(have) != len(values) {
		x.Errorf("%s is %q, want %q", name, have, values)
	}
}

// hears checks what a handler says.
func (x *trial) hears(l *line, want string) {
	x.Helper()
	if got := l.hear(); got != want {
		x.Errorf("the handler says %q, want %q", got, want)
	}
}

// cutIfSeen checks that a response without a Content-Length is known not to be whole, where the
// pair can tell; in any case it must have ended.
func (x *trial) cutIfSeen(got result) {
	x.Helper()
	if x.network == "tcp" || x.pair.has(CutSeen) {
		x.cut(got)
		return
	}
	x.Logf("a cut response without a Content-Length: %v (a Unix socket has no reset)", got.err)
}

// hearsLast is hears for a handler that was told to end, which a child process is by a signal: it
// then says nothing.
func (x *trial) hearsLast(l *line, want string) {
	x.Helper()
	if !x.pair.scripts() {
		x.hears(l, want)
		return
	}
	l.fail = func(string, ...any) {}
	if got := l.hear(); got != want && got != "" {
		x.Errorf("the handler says %q, want %q or nothing", got, want)
	}
}

// times is how often a case repeats a request that its own pair repeats n times. In a chain whose
// handlers are processes, each of them costs the start of one or two, and a tenth must do.
func (x *trial) times(n int) int {
	if x.pair.Chain && x.pair.scripts() {
		return max(n/10, 1)
	}
	return n
}

// offsets are those at which a case cuts size bytes: each; in a chain whose handlers are processes,
// one in 31.
func (x *trial) offsets(size int) (list []int) {
	step := 1
	if x.pair.Chain && x.pair.scripts() {
		step = 31
	}
	for n := 0; n < size; n += step {
		list = append(list, n)
	}
	return list
}

// lost reports whether an early answer was lost on a pair that is known to lose some.
func (x *trial) lost(got result) bool {
	lost := x.pair.has(LosesEarly) && errors.Is(got.err, protocol.ErrUpstream)
	if lost {
		x.Logf("the answer is lost: %v", got.err)
	}
	return lost
}
