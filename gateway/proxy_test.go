package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// roundTrip is a function as a RoundTripper.
type roundTrip func(ctx context.Context, r *protocol.Request) (*protocol.Response, error)

func (f roundTrip) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	return f(ctx, r)
}

// proxy serves a proxy to backend by SCGI and returns a client for it.
func proxy(t *testing.T, p *gateway.Proxy) (protocol.RoundTripper, *log) {
	out, logger := newLog()
	return serveSCGI(t, &gateway.Server{Handler: p, Log: logger}, tcp(t)), out
}

func respond(status int, h http.Header, body string) *protocol.Response {
	return &protocol.Response{Status: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func TestProxyPassesVariablesWhole(t *testing.T) {
	var got protocol.Params
	c, _ := proxy(t, &gateway.Proxy{Backend: roundTrip(func(_ context.Context, r *protocol.Request) (*protocol.Response, error) {
		got = r.Params
		return respond(200, http.Header{"X-A": {"1", "2"}}, "body"), nil
	})})
	sent := append(requestParams("GET", "/x?y"), protocol.Pairs("HTTP_X", "1", "HTTP_X", "2", "BIN", "\xff\x01", "EMPTY", "",
		"HTTP_PROXY", "http://evil.test", "http_proxy", "http://evil.test", "HTTP_PROXY_2", "good")...)
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: sent})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	want := slices.DeleteFunc(sent.Unique().Clone(), func(v protocol.Param) bool { return strings.EqualFold(v.Name, "HTTP_PROXY") })
	got = slices.DeleteFunc(got, func(v protocol.Param) bool { return v.Name == "CONTENT_LENGTH" || v.Name == "SCGI" })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1", "2"}, res.Header["X-A"]); diff != "" {
		t.Error(diff)
	}
}

func TestProxyRewrites(t *testing.T) {
	c, _ := proxy(t, &gateway.Proxy{
		Backend: roundTrip(func(_ context.Context, r *protocol.Request) (*protocol.Response, error) {
			return respond(200, http.Header{"A": {"b"}}, r.Params.Get("SCRIPT_FILENAME")), nil
		}),
		Rewrite: func(out *protocol.Request) { out.Params.Set("SCRIPT_FILENAME", "/srv"+out.Params.Get("PATH_INFO")) },
	})
	if got, err := get(t, c, "/index.php"); err != nil || got.Body != "/srv/index.php" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestProxyTellsWhoFailed(t *testing.T) {
	refused := tcp(t)
	refused.Close()
	slow := protocol.Error{Op: "dial", Kind: protocol.ErrUpstream, Err: context.DeadlineExceeded}
	for _, row := range []struct {
		text    string
		backend protocol.RoundTripper
		want    int
		logged  string
	}{
		{"a backend that refuses", scgiClient(refused.Addr()), 502, "connection refused"},
		{"an error without a kind", failing502(errors.New("odd")), 502, "proxy: send request: upstream: odd"},
		{"a backend that is too slow by itself", failing502(&slow), 504, "deadline exceeded"},
		{"a head that never comes", roundTrip(never), 504, "no response head within 1ms"},
		{"a request that is too large for it", failing502(&protocol.Error{Op: "write request", Kind: protocol.ErrTooLarge, Status: 431}), 431, "too large"},
		{"an interim status as the last", answering(respond(103, http.Header{"A": {"b"}}, "")), 502, "status 103"},
		{"a 101 that nobody asked for", answering(respond(101, http.Header{"A": {"b"}}, "")), 502, "where none was asked for"},
		{"a body that is cut before anything was sent", answering(cut("")), 502, "cut on purpose"},
	} {
		c, out := proxy(t, &gateway.Proxy{Backend: row.backend, ResponseTimeout: time.Millisecond})
		if !strings.Contains(row.text, "never") {
			c, out = proxy(t, &gateway.Proxy{Backend: row.backend})
		}
		got, err := get(t, c, "/")
		if err != nil || got.Status != row.want {
			t.Errorf("%s: %v, %v, want %d", row.text, got, err, row.want)
		}
		out.await(t, row.logged)
	}
}

func failing502(err error) protocol.RoundTripper {
	return roundTrip(func(context.Context, *protocol.Request) (*protocol.Response, error) { return nil, err })
}

func answering(res *protocol.Response) protocol.RoundTripper {
	return roundTrip(func(context.Context, *protocol.Request) (*protocol.Response, error) { return res, nil })
}

func never(ctx context.Context, _ *protocol.Request) (*protocol.Response, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// cut is a response whose body fails after piece.
func cut(piece string) *protocol.Response {
	body := io.MultiReader(strings.NewReader(piece), &errorReader{errors.New("cut on purpose")})
	return &protocol.Response{Status: 200, Header: http.Header{"A": {"b"}}, Body: io.NopCloser(struct{ io.Reader }{body})}
}

type errorReader struct{ err error }

func (r *errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestProxyMarksWhatIsCut(t *testing.T) {
	for name, piece := range map[string]string{"after more than is held back": strings.Repeat("x", 100<<10)} {
		c, out := proxy(t, &gateway.Proxy{Backend: answering(cut(piece))})
		if got, err := get(t, c, "/"); err == nil {
			t.Errorf("%s: a whole response of %d bytes", name, len(got.Body))
		}
		out.await(t, "cut on purpose")
	}
}

// A client whose body is not whole, or too large, is not the backend's fault.
func TestProxyTellsAClientsFault(t *testing.T) {
	backend := serveSCGI(t, &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})}, tcp(t))
	out, logger := newLog()
	s := &gateway.Server{Handler: &gateway.Proxy{Backend: backend}, Log: logger, Limits: &protocol.Limits{Spool: 100, SpoolMemory: 100, Body: 1000}}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	web := httpClient(t, l.Addr())
	res, err := web.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("POST", "/"),
		Body: strings.NewReader(strings.Repeat("x", 5000)), ContentLength: -1})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", res.Status)
	}
	out.await(t, "too large")
}

// The end of the client is the end of the exchange with the backend.
func TestProxyWhenTheClientGoes(t *testing.T) {
	entered, ended := make(chan struct{}), make(chan error, 1)
	c, _ := proxy(t, &gateway.Proxy{Backend: roundTrip(func(ctx context.Context, _ *protocol.Request) (*protocol.Response, error) {
		close(entered)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil, ctx.Err()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	if _, err := c.RoundTrip(ctx, &protocol.Request{Params: requestParams("GET", "/")}); err == nil {
		t.Error("an answer")
	}
	if err := <-ended; !errors.Is(err, protocol.ErrGone) {
		t.Errorf("the exchange ended because of: %v", err)
	}
}

// Each event that the backend sends arrives before it sends the next one, and the head before the
// first.
func TestProxyStreams(t *testing.T) {
	r, w := io.Pipe()
	c, _ := proxy(t, &gateway.Proxy{Backend: answering(&protocol.Response{Status: 200,
		Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: r})})
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("GET", "/")})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for _, event := range []string{"data: 1\n\n", "data: 2\n\n"} {
		go io.WriteString(w, event)
		b := make([]byte, len(event))
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != event {
			t.Fatalf("%q, %v", b, err)
		}
	}
	w.Close()
	if b, err := io.ReadAll(res.Body); len(b) > 0 || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

// A response whose end comes with its bytes leaves in one write.
func TestProxyWritesOnce(t *testing.T) {
	writes := make(chan string, 10)
	h := &gateway.Proxy{Backend: answering(&protocol.Response{Status: 200, Header: http.Header{"A": {"b"}}, Body: io.NopCloser(&atOnce{"body"})})}
	loop := &protocol.Loop{Handler: h}
	if err := loop.Serve(t.Context(), &oneRequest{writes: writes}); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	close(writes)
	var got []string
	for w := range writes {
		got = append(got, w)
	}
	if diff := cmp.Diff([]string{"head 200", "body", "close <nil>"}, got); diff != "" {
		t.Error(diff)
	}
}

// atOnce is a reader that tells its end with its bytes.
type atOnce struct{ s string }

func (r *atOnce) Read(p []byte) (int, error) { return copy(p, r.s), io.EOF }

// oneRequest is a Conn with one request, and its Encoder, which tells what it is told.
type oneRequest struct {
	writes chan<- string
	done   bool
}

func (c *oneRequest) Next(context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.done {
		return nil, nil, io.EOF
	}
	c.done = true
	return &protocol.Request{Params: requestParams("GET", "/")}, encoder{c}, nil
}

func (c *oneRequest) Close() error { return nil }

type encoder struct{ c *oneRequest }

func (e encoder) WriteHeader(int, http.Header) error { e.c.writes <- "head 200"; return nil }
func (e encoder) Write(p []byte) (int, error)        { e.c.writes <- string(p); return len(p), nil }
func (e encoder) Flush() error                       { e.c.writes <- "flush"; return nil }
func (e encoder) Close(cause error) error {
	text := "<nil>"
	if cause != nil {
		text = cause.Error()
	}
	e.c.writes <- "close " + text
	return nil
}
