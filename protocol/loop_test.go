package protocol

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLoopServesUntilTheEnd(t *testing.T) {
	c := &script{}
	var encoders []*record
	for range 5 {
		e := new(record)
		encoders = append(encoders, e)
		c.steps = append(c.steps, step{r: post("body"), enc: e})
	}
	n := 0
	serveOn(t, func(w ResponseWriter, r *Request) error {
		n++
		_, err := io.Copy(w, r.Body)
		return err
	}, c)
	for _, e := range encoders {
		if e.body.String() != "body" || e.told() != "head body close" {
			t.Errorf("%q, %s", e.body.String(), e.told())
		}
	}
	if n != 5 || c.closed != 1 {
		t.Errorf("%d requests, closed %d times", n, c.closed)
	}
}

func TestLoopReturnsWhyItEnded(t *testing.T) {
	broken := errors.New("broken")
	l := &Loop{Handler: HandlerFunc(nil), Log: quiet}
	for _, row := range []struct{ end, want error }{{nil, nil}, {io.EOF, nil}, {broken, broken}} {
		if err := l.Serve(t.Context(), &script{end: row.end}); err != row.want {
			t.Errorf("%v: %v", row.end, err)
		}
	}
}

func TestLoopAnswersARequestThatCouldNotBeRead(t *testing.T) {
	for _, r := range []*Request{nil, get()} {
		bad, good := new(record), new(record)
		log := serveOn(t, func(w ResponseWriter, r *Request) error { return nil }, &script{steps: []step{
			{r: r, enc: bad, err: &Error{Protocol: "test", Op: "read params", Kind: ErrMalformed, Detail: "bad bytes"}}, {r: get(), enc: good},
		}})
		if bad.status != 400 || bad.body.String() != "400 Bad Request\n" || good.status != 200 {
			t.Errorf("%d %q, then %d", bad.status, bad.body.String(), good.status)
		}
		if !strings.Contains(log, "level=WARN") || !strings.Contains(log, "bad bytes") {
			t.Errorf("the log has %s", log)
		}
	}
}

// What is answered as the server's failure is logged as an error; what the request asked for in
// vain as a warning.
func TestLoopLogsByWhoseFaultItWas(t *testing.T) {
	for _, row := range []struct {
		err   error
		level string
	}{
		{errors.New("no such table"), "ERROR"},
		{&Error{Op: "run", Kind: ErrUpstream}, "ERROR"},
		{&Error{Op: "start script", Kind: ErrUpstream, Status: http.StatusForbidden}, "WARN"},
		{&Error{Op: "find script", Kind: ErrMalformed, Status: http.StatusNotFound}, "WARN"},
		{&Error{Op: "upgrade", Kind: ErrUnsupported}, "WARN"},
		{&Error{Op: "read body", Kind: ErrAborted}, "INFO"},
	} {
		log := serveOn(t, func(ResponseWriter, *Request) error { return row.err }, &script{steps: []step{{r: get(), enc: new(record)}}})
		if !strings.Contains(log, "level="+row.level) {
			t.Errorf("%v: the log has %s", row.err, log)
		}
	}
}

func TestLoopContainsPanics(t *testing.T) {
	for _, row := range []struct {
		text string
		v    any
		log  string
	}{
		{"a text", "a secret", `err="handler panicked: a secret" method=GET uri=/`},
		{"an error", io.ErrClosedPipe, "closed pipe"},
		{"nil", nil, "PanicNilError"},
		{"http.ErrAbortHandler", http.ErrAbortHandler, ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			bad, good := new(record), new(record)
			log := serveOn(t, func(w ResponseWriter, r *Request) error {
				if r.Params.Get("PANIC") != "" {
					panic(row.v)
				}
				return nil
			}, &script{steps: []step{{r: get("PANIC", "1"), enc: bad}, {r: get(), enc: good}}})
			if good.status != 200 || strings.Contains(bad.body.String(), "secret") {
				t.Errorf("%d %q, then %d", bad.status, bad.body.String(), good.status)
			}
			if row.v == http.ErrAbortHandler {
				if bad.told() != "close" || bad.cause == nil || log != "" {
					t.Errorf("%s, %v, log %s", bad.told(), bad.cause, log)
				}
			} else if bad.status != 500 || !strings.Contains(log, row.log) && row.v != nil {
				t.Errorf("%d, log %s", bad.status, log)
			}
		})
	}
}

// A handler that calls t.FailNow, as tests do, ends its goroutine: the connection must not be left
// open, nor its request unanswered.
func TestLoopContainsGoexit(t *testing.T) {
	c := &script{steps: []step{{r: get(), enc: new(record)}}}
	e := c.steps[0].enc.(*record)
	var all sync.WaitGroup
	all.Go(func() {
		l := &Loop{Log: quiet, Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
			runtime.Goexit()
			return nil
		})}
		l.Serve(t.Context(), c)
	})
	all.Wait()
	if c.closed != 1 || !strings.Contains(e.told(), "close") || e.status == 200 {
		t.Errorf("closed %d times, %s, %d", c.closed, e.told(), e.status)
	}
}

func TestLoopChecksTheBodysLimit(t *testing.T) {
	e := new(record)
	l := &Loop{Limits: &Limits{Body: 3}, Log: quiet, Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
		t.Error("the handler was called")
		return nil
	})}
	l.Serve(t.Context(), &script{steps: []step{{r: post("four"), enc: e}}})
	if e.status != 413 || e.body.String() != "413 Request Entity Too Large\n" {
		t.Errorf("%d %q", e.status, e.body.String())
	}
}

func TestReportsHaveTheirLevels(t *testing.T) {
	for _, row := range []struct {
		err   error
		level string
	}{
		{errors.New("ours"), "ERROR"}, {&Error{Kind: ErrUpstream}, "ERROR"}, {ErrMalformed, "WARN"}, {ErrTooLarge, "WARN"},
		{ErrUnsupported, "WARN"}, {ErrGone, "INFO"},
	} {
		r := get()
		r.Protocol, r.Peer = "test", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}
		got := serve(t, func(ResponseWriter, *Request) error { return row.err }, r)
		if !strings.Contains(got.log, "level="+row.level) || !strings.Contains(got.log, "protocol=test peer=127.0.0.1:9 method=GET uri=/") {
			t.Errorf("%v: %s", row.err, got.log)
		}
	}
	l := &Loop{Handler: HandlerFunc(func(ResponseWriter, *Request) error { return errors.New("x") }), Log: slog.New(slog.DiscardHandler)}
	l.Serve(t.Context(), &script{steps: []step{{r: get(), enc: new(record)}}})
}

// A log behind a Unix socket said peer=@ of every request, and nowhere whose it was.
func TestReportsNameTheClient(t *testing.T) {
	r := get()
	r.Protocol, r.Peer = "test", &net.UnixAddr{Net: "unix", Name: "@"}
	r.Params.Set("REMOTE_ADDR", "192.0.2.7")
	got := serve(t, func(ResponseWriter, *Request) error { return errors.New("x") }, r)
	if !strings.Contains(got.log, "protocol=test client=192.0.2.7 method=GET uri=/") {
		t.Error(got.log)
	}
}

// A hub is a Multiplexer whose requests come by a channel.
type hub struct {
	steps chan step
	more  func()
}

func (h *hub) Multiplex(more func()) { h.more = more }

func (h *hub) Next(context.Context) (*Request, Encoder, error) {
	if s, ok := <-h.steps; ok {
		return s.r, s.enc, s.err
	}
	return nil, nil, io.EOF
}

func (h *hub) Close() error { return nil }

// serveHub serves h in the background; the returned function waits for its end.
func serveHub(t *testing.T, h *hub, handler HandlerFunc) (wait func()) {
	ended := make(chan error, 1)
	l := &Loop{Handler: handler, Log: quiet}
	go func() { ended <- l.Serve(t.Context(), h) }()
	return func() {
		t.Helper()
		close(h.steps)
		if err := receive(t, ended); err != nil {
			t.Error(err)
		}
	}
}

func TestMultiplexerHandsOver(t *testing.T) {
	for _, row := range []struct {
		text string
		ask  func(h *hub, r *Request)
	}{
		{"it asks while a handler runs", func(h *hub, r *Request) { h.more() }},
		{"the handler asks for its context's end", func(h *hub, r *Request) { r.Context().Done() }},
		{"both", func(h *hub, r *Request) { h.more(); r.Context().Done(); h.more() }},
	} {
		t.Run(row.text, func(t *testing.T) {
			const n = 10
			h := &hub{steps: make(chan step)}
			together := make(chan struct{})
			var here sync.WaitGroup
			here.Add(n)
			wait := serveHub(t, h, func(w ResponseWriter, r *Request) error {
				row.ask(h, r)
				here.Done()
				<-together
				io.WriteString(w, "done")
				return nil
			})
			var all []*record
			for range n {
				e := new(record)
				all = append(all, e)
				h.steps <- step{r: get(), enc: e}
			}
			here.Wait() // all are being served at once
			close(together)
			wait()
			for _, e := range all {
				if e.body.String() != "done" {
					t.Errorf("%q", e.body.String())
				}
			}
		})
	}
}

func TestMultiplexerThatAsksForNothingHasOneGoroutine(t *testing.T) {
	h := &hub{steps: make(chan step)}
	ids := make(chan string, 10)
	wait := serveHub(t, h, func(w ResponseWriter, r *Request) error {
		buf := make([]byte, 64)
		id, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), " [")
		ids <- id
		return nil
	})
	for range 5 {
		h.steps <- step{r: get(), enc: new(record)}
	}
	wait()
	first := <-ids
	for range 4 {
		if id := <-ids; id != first {
			t.Errorf("%s, then %s", first, id)
		}
	}
}

func TestMultiplexerAsksInNext(t *testing.T) {
	h := &asker{steps: []step{{r: get("WAIT", "1"), enc: new(record)}, {r: get(), enc: new(record)}}, second: make(chan struct{})}
	l := &Loop{Log: quiet, Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
		if r.Params.Get("WAIT") == "" {
			close(h.second)
			return nil
		}
		receive(t, h.second) // which another goroutine must have read
		return nil
	})}
	if err := l.Serve(t.Context(), h); err != nil {
		t.Error(err)
	}
}

// An asker is a Multiplexer that sees already in Next that another call is wanted.
type asker struct {
	mu     sync.Mutex
	steps  []step
	more   func()
	second chan struct{}
}

func (a *asker) Multiplex(more func()) { a.more = more }
func (a *asker) Close() error          { return nil }

func (a *asker) Next(context.Context) (*Request, Encoder, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.steps) == 0 {
		return nil, nil, io.EOF
	}
	s := a.steps[0]
	a.steps = a.steps[1:]
	if len(a.steps) > 0 {
		a.more()
	}
	return s.r, s.enc, s.err
}

func TestLateReaderIsInterrupted(t *testing.T) {
	s := &stuckEncoder{wake: make(chan struct{})}
	failed := make(chan error, 1)
	r := get()
	src := stuck{make(chan struct{}), s.wake}
	r.Body, r.ContentLength = src, 5
	l := &Loop{Log: quiet, Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
		go func() {
			_, err := r.Body.Read(make([]byte, 5))
			failed <- err
		}()
		receive(t, src.reading)
		return nil
	})}
	l.Serve(t.Context(), &script{steps: []step{{r: r, enc: s}}})
	if err := receive(t, failed); err == nil {
		t.Error("no error")
	}
}

// A stuckEncoder wakes its reader when a read deadline is set.
type stuckEncoder struct {
	record
	once sync.Once
	wake chan struct{}
}

func (s *stuckEncoder) SetReadDeadline(time.Time) error {
	s.once.Do(func() { close(s.wake) })
	return nil
}
