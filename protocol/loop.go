package protocol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
)

// A Loop serves connections of every protocol: it pulls their requests, calls the handler and ends
// each response. It contains panics, turns errors into answers and lets a [Multiplexer] have
// several requests at once. It is safe for concurrent use and must not be changed once in use.
type Loop struct {
	Handler Handler
	Limits  *Limits // nil: the defaults. The Conn has been given the same.
	// Log is where failures go. nil: slog.Default. It gets up to 100 lines a second, 10 of them
	// from one connection, and the number of those that were left out.
	Log *slog.Logger

	// MethodOptional has the handler serve requests without a REQUEST_METHOD, too, as fcgiwrap's
	// scripts do. Without it they are answered 400; but an Authorizer need not be told one.
	MethodOptional bool

	// Observe, if it is set, is told of each request once it is done, and has been logged if it
	// failed: also of those that no handler has seen, as they were refused. Of what could not be
	// read the Request holds nothing but the Protocol and the Peer, as far as they are known. It
	// may be called from several goroutines at once, and holds up the one that has served the
	// request. Of the Request only Params and plain values may be used.
	Observe func(*Request, Summary)

	lines  lines
	counts counts

	once     sync.Once
	resolved Limits
}

// Serve serves c until it ends, closes it, and returns why: nil for a clean end. Each request's
// context derives from ctx. When it returns, no handler runs any more. It returns ErrIdle without
// closing c where the owner of the connection has asked for that: see [IdleReturner].
func (l *Loop) Serve(ctx context.Context, c Conn) error {
	s := &session{loop: l, ctx: ctx, conn: c, lim: l.limits()}
	s.useAbilities(innermost(c))
	defer func() {
		s.followers.Wait()
		if s.err != ErrIdle {
			c.Close()
		}
	}()
	s.lead()
	s.followers.Wait()
	l.leftOut(ctx, &s.lines)
	return s.err
}

// limits returns l's limits, resolved.
func (l *Loop) limits() *Limits {
	l.once.Do(func() { l.resolved = l.Limits.Resolve() })
	return &l.resolved
}

// innermost returns the Conn that c stands before, or c.
func innermost(c Conn) Conn {
	for {
		outer, ok := c.(interface{ Unwrap() Conn })
		if !ok {
			return c
		}
		c = outer.Unwrap()
	}
}

// A session is one connection in a Loop. At any time at most one goroutine is the leader: it calls
// Conn.Next, and then runs the handler of the request that it got. A Conn that wants to be read
// while that handler runs calls more, which makes another goroutine the leader.
type session struct {
	loop  *Loop
	ctx   context.Context
	conn  Conn
	lim   *Limits // resolved
	watch watch

	mu        sync.Mutex
	vacant    bool // nobody leads
	wanted    bool // more was called while somebody led
	followers sync.WaitGroup
	follower  func() // what each of them does; made for the first
	err       error  // why the connection ended

	lines lines // the connection's own
}

// useAbilities makes use of what c is besides a Conn.
func (s *session) useAbilities(c Conn) {
	if m, ok := c.(Multiplexer); ok {
		m.Multiplex(s.more)
		s.watch = s
	}
	if w, ok := c.(Watcher); ok {
		s.watch = w
	}
	if r, ok := c.(Refuser); ok {
		r.TellRefused(s.loop.refused)
	}
}

// lead serves requests until the connection ends or somebody else leads. A handler that ends its
// goroutine (runtime.Goexit, which t.FailNow calls) has its lead taken over.
func (s *session) lead() {
	exited := true
	defer func() {
		if exited && s.resume() {
			s.followers.Go(s.lead)
		}
	}()
	for {
		r, enc, err := s.conn.Next(s.ctx)
		if enc == nil {
			s.end(err)
			break
		}
		s.handOver()
		s.loop.exchange(s.ctx, s.lim, &s.lines, s.watch, r, enc, err)
		if !s.resume() {
			break
		}
	}
	exited = false
}

// handOver gives up the lead, at once to a follower if one is wanted.
func (s *session) handOver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted {
		s.wanted = false
		s.follow()
		return
	}
	s.vacant = true
}

// follow starts a goroutine that leads. mu is held.
func (s *session) follow() {
	if s.follower == nil {
		s.follower = func() {
			defer s.followers.Done()
			s.lead()
		}
	}
	s.followers.Add(1)
	go s.follower()
}

// resume takes the lead again, unless a follower has it.
func (s *session) resume() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.vacant
	s.vacant = false
	return was
}

// more asks for a leader: now, if there is none, else as soon as the present one has a request to
// serve.
func (s *session) more() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.vacant {
		s.vacant = false
		s.follow()
		return
	}
	s.wanted = true
}

// Watch implements watch for a Multiplexer: its next leader notices when the peer has gone.
func (s *session) Watch(func(cause error)) (stop func()) {
	s.more()
	return nil
}

// end notes why the connection ended; nobody leads from now on.
func (s *session) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err == io.EOF {
		s.err = nil
	}
}

// exchange serves one request, whose failures count among the log lines of its connection, own, if
// that is not nil. With an err it only answers that.
func (l *Loop) exchange(ctx context.Context, lim *Limits, own *lines, watch watch, r *Request, enc Encoder, err error) {
	if r == nil {
		r = new(Request)
	}
	r.begin(ctx, watch)
	w := &r.answer
	w.req, w.lim, w.enc = r, lim, enc
	if l.Observe != nil {
		w.tally = &tally{began: time.Now()}
	}
	l.counts.serving.Add(1)
	defer func() {
		err = w.finish(r.whyEnded(err))
		r.end.End(ErrServed)
		r.end.release()
		r.body.release(w.interrupt)
		if err != nil {
			l.report(ctx, own, r, err)
		}
		l.counts.serving.Add(-1)
		l.count(err)
		if l.Observe != nil {
			l.observe(r, err)
		}
	}()
	if err == nil {
		err = errExited // unless serve returns
		err = l.serve(w, r)
	}
}

var errExited = errors.New("the handler ended its goroutine")

// serve checks what concerns every protocol's requests, and calls the handler.
func (l *Loop) serve(w *response, r *Request) (err error) {
	h, own := w.enc.(Handler)
	if !own {
		h = l.Handler
	}
	if !own {
		if err := l.checkMethod(r); err != nil {
			return err
		}
	}
	if limit := w.lim.Body; r.ContentLength > limit {
		return &Error{Protocol: r.Protocol, Op: "read body", Kind: ErrTooLarge, Detail: Exceeds(r.ContentLength, limit, "bytes")}
	}
	r.body.open(r.Body, r.ContentLength, w.lim.Body)
	r.Body = &r.body
	if r.GetBody != nil {
		r.GetBody = boundedAgain(r, w.lim.Body)
	}
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	if r.web != nil {
		return r.web.serveDirect(w.writer())
	}
	return h.Serve(w.writer(), r)
}

// checkMethod refuses a request whose method would mean one thing here and another thing behind us.
func (l *Loop) checkMethod(r *Request) error {
	switch method := r.method(); {
	case method == "" && (l.MethodOptional || r.Role == Authorizer):
		return nil
	case method == "":
		return r.noMethod()
	case !httpguts.ValidHeaderFieldName(method): // both are tokens (RFC 9110 section 9.1)
		return &Error{Protocol: r.Protocol, Op: "read params", Kind: ErrMalformed, Detail: "REQUEST_METHOD is no token: " + strconv.Quote(Clip(method))}
	}
	return nil
}

// A PanicError is what a handler panicked with.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("handler panicked: %v", e.Value) }

// Unwrap returns the value where it is an error: so errors.Is finds http.ErrAbortHandler.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func panicked(v any) error {
	e := &PanicError{Value: v}
	if v != http.ErrAbortHandler {
		e.Stack = debug.Stack()
	}
	return e
}

// interrupt wakes a goroutine that is still reading the body of a request whose handler has
// returned.
func (w *response) interrupt() {
	switch e := w.enc.(type) {
	case interface{ InterruptRead() }:
		e.InterruptRead()
	case interface{ SetReadDeadline(time.Time) error }:
		e.SetReadDeadline(time.Unix(1, 0))
	}
}
