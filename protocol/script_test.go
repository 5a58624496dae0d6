package protocol

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A script is a Conn that yields what it was given.
type script struct {
	mu     sync.Mutex
	steps  []step
	end    error // what Next returns after them; nil is io.EOF
	closed int
}

// A step is one result of Next.
type step struct {
	r   *Request
	enc Encoder
	err error
}

func (s *script) Next(context.Context) (*Request, Encoder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 {
		if s.end == nil {
			return nil, nil, io.EOF
		}
		return nil, nil, s.end
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	return next.r, next.enc, next.err
}

func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return nil
}

// A record is an Encoder that keeps what it is told, as a line for each call.
type record struct {
	mu     sync.Mutex
	calls  []string
	status int
	header http.Header
	body   bytes.Buffer
	cause  error
	fail   error // what every call after WriteHeader returns
}

func (e *record) note(call string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, call)
}

func (e *record) WriteHeader(status int, h http.Header) error {
	e.note("head")
	e.status, e.header = status, maps.Clone(h)
	return nil
}

func (e *record) Write(p []byte) (int, error) {
	e.note("body")
	if e.fail != nil {
		return 0, e.fail
	}
	return e.body.Write(p)
}

func (e *record) Flush() error {
	e.note("flush")
	return e.fail
}

func (e *record) Close(cause error) error {
	e.note("close")
	e.cause = cause
	return e.fail
}

// told is the calls in order.
func (e *record) told() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.calls, " ")
}

// A served is what became of one request.
type served struct {
	*record
	log string
}

// serve runs h for r alone.
func serve(t testing.TB, h HandlerFunc, r *Request) served {
	t.Helper()
	e := new(record)
	return served{e, serveOn(t, h, &script{steps: []step{{r: r, enc: e}}})}
}

// serveOn runs h for what c yields, and returns what was logged.
func serveOn(t testing.TB, h HandlerFunc, c Conn) string {
	t.Helper()
	var log bytes.Buffer
	l := &Loop{Handler: h, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTime}))}
	if err := l.Serve(t.Context(), c); err != nil {
		t.Errorf("Serve: %v", err)
	}
	return log.String()
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "stack" {
		return slog.Attr{}
	}
	return a
}

// get is a request without a body.
func get(more ...string) *Request {
	return &Request{Params: append(Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/"), Pairs(more...)...)}
}

// post is a request with a body.
func post(body string, more ...string) *Request {
	r := get(more...)
	r.Params.Set("REQUEST_METHOD", "POST")
	r.Body, r.ContentLength = strings.NewReader(body), int64(len(body))
	return r
}

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

var zeroTime time.Time

// soon is how long a test waits for what must come; it is never waited for in vain.
const soon = 20 * time.Second

// receive receives from c.
func receive[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(soon):
		t.Fatal("nothing came")
	}
	return v
}
