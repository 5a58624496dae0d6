package protocoltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// dies is why a pair of processes differs where something outlives a handler.
const dies = "each request is a process, which ends with its handler: nothing can outlive it"

var contextCases = []testCase{
	{
		name: "context-served",
		want: "A request's context, and every context derived from it, ends when the handler has returned.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			derived, cancel := context.WithTimeout(context.WithValue(r.Context(), ctxKey{}, "kept"), time.Hour)
			go func() {
				defer l.hangUp()
				defer cancel()
				<-derived.Done()
				l.say(fmt.Sprint(derived.Err(), ", ", context.Cause(derived) != nil, ", ", derived.Value(ctxKey{})))
			}()
			fmt.Fprint(w, text(r.Context().Err()))
		}),
		outlives: true, why: dies,
		check: func(x *trial) {
			for range 3 {
				x.whole(x.get(), 200, "none")
				x.hears(x.answer(), "context canceled, true, kept")
			}
		},
		else_: func(x *trial) { x.whole(x.get(), 200, "none") },
	},
	{
		name: "context-alive",
		want: "A request's context has not ended while its handler runs and its client waits, whatever the handler reads.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			done := r.Context().Done()
			_, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				return err
			}
			w.(http.Flusher).Flush()
			l := call(r)
			defer l.hangUp()
			l.hear()
			select {
			case <-done:
				fmt.Fprint(w, "ended: ", context.Cause(r.Context()))
			default:
				io.WriteString(w, "alive")
			}
			return nil
		}),
		check: func(x *trial) {
			for _, n := range []int{0, 5, 300000} {
				res := x.open(x.post(strings.Repeat("b", n)))
				x.answer().say("go on")
				x.whole(finish(res), 200, "alive")
			}
		},
	},
	{
		name:    "client-cancels-before-head",
		want:    "A client whose context ends before the head has come returns at once, with an ErrAborted that tells the cause.",
		handler: waiting,
		check: func(x *trial) {
			ctx, cancel := context.WithCancel(context.Background())
			failed := make(chan error, 1)
			go func() {
				_, err := x.tryWithin(ctx, cancel, x.request("GET", "/"))
				failed <- err
			}()
			l := x.called()
			cancel()
			err := <-failed
			if !errors.Is(err, protocol.ErrAborted) || !errors.Is(err, context.Canceled) {
				x.Errorf("RoundTrip: %v", err)
			}
			x.ends(l)
		},
	},
	{
		name:    "client-cancels-in-body",
		want:    "A client whose context ends in the middle of a body reads an error, never an end.",
		handler: waiting,
		check: func(x *trial) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			res, err := x.tryWithin(ctx, cancel, x.request("GET", "/", "HTTP_X_FLUSH", "1"))
			if err != nil {
				x.Fatal(err)
			}
			l := x.called()
			x.read(res.Body, "begun")
			cancel()
			if got := finish(res); !errors.Is(got.err, context.Canceled) {
				x.Errorf("the body ended by %v", got.err)
			}
			x.ends(l)
		},
	},
	{
		name:    "client-deadline",
		want:    "A client's deadline ends the exchange, and the error is a context.DeadlineExceeded.",
		handler: waiting,
		check: func(x *trial) {
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			_, err := x.tryWithin(ctx, cancel, x.request("GET", "/"))
			if !errors.Is(err, context.DeadlineExceeded) {
				x.Errorf("RoundTrip: %v", err)
			}
			x.lines.Close() // whether the handler was called in time is not the point
		},
	},
	{
		name:    "client-ended-before",
		want:    "A client whose context has ended already sends nothing.",
		handler: waiting,
		check: func(x *trial) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := x.tryWithin(ctx, cancel, x.request("GET", "/")); !errors.Is(err, context.Canceled) {
				x.Errorf("RoundTrip: %v", err)
			}
		},
	},
}

type ctxKey struct{}

// waiting says "called", waits for the end of its context, reading nothing, and says why it ended.
var waiting = failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
	l := call(r)
	defer l.hangUp()
	if r.Params.Get("HTTP_X_FLUSH") != "" {
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
	}
	l.say("called")
	<-r.Context().Done()
	l.say(text(context.Cause(r.Context())))
	return context.Cause(r.Context())
})

// called waits until a waiting handler has been called.
func (x *trial) called() *line {
	x.Helper()
	l := x.answer()
	x.hears(l, "called")
	return l
}

// ends checks that a waiting handler's context ends. Ten times a hundredfold of what is promised is
// allowed for; the time is shown.
func (x *trial) ends(l *line) {
	x.Helper()
	gone := time.Now()
	l.conn.SetDeadline(gone.Add(10 * time.Second))
	if x.pair.scripts() {
		l.fail = func(string, ...any) {}
	}
	cause := l.hear()
	x.Logf("the handler's context ended within %v: %s", time.Since(gone).Round(10*time.Microsecond), cause)
	if cause == "none" || cause == "" && !x.pair.scripts() {
		x.Errorf("the context ended for no reason")
	}
}

var vanishCases = []testCase{
	{
		name:    "vanish",
		want:    "When the client's connection closes, the context of a handler that reads nothing ends, within 100 ms.",
		handler: waiting,
		wires:   true, why: dies + ", and it is told by a signal: see client-cancels-before-head",
		check: func(x *trial) { x.vanish(x.request("GET", "/")) },
		else_: func(x *trial) { contextCases[2].check(x) },
	},
	{
		name:    "vanish-streaming",
		want:    "The same for a handler that has sent part of its answer and waits.",
		handler: waiting,
		wires:   true, why: dies,
		check: func(x *trial) { x.vanish(x.request("GET", "/", "HTTP_X_FLUSH", "1")) },
		else_: func(x *trial) { contextCases[3].check(x) },
	},
	{
		name:    "vanish-unread",
		want:    "The same while a small body waits unread.",
		handler: waiting,
		wires:   true, needs: Unread, why: "net/http looks for the end of a connection only once the body has been read; a process learns it by a signal",
		check: func(x *trial) { x.vanish(x.post(strings.Repeat("unread", 2000))) },
		else_: func(x *trial) { contextCases[2].check(x) },
	},
	{
		name: "vanish-in-body",
		want: "A client that vanishes in the middle of its body is an error for the read that waits for it, never an end of the body.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			l := call(r)
			defer l.hangUp()
			n, err := io.Copy(io.Discard, r.Body)
			l.say(fmt.Sprint(n < 1<<20, " ", err != nil))
			return err
		}),
		check: func(x *trial) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			said, say := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				_, err := x.tryWithin(ctx, cancel, x.send(said, 1<<20))
				ended <- err
			}()
			io.WriteString(say, strings.Repeat("half", 10000))
			l := x.answer()
			cancel()
			say.CloseWithError(context.Canceled)
			x.hearsLast(l, "true true")
			if err := <-ended; err == nil {
				x.Error("the client's exchange did not fail")
			}
		},
	},
	{
		name: "vanish-in-answer",
		want: "A handler that writes without end to a client that has gone is told so by a Write.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			l := call(r)
			defer l.hangUp()
			for {
				if _, err := io.CopyN(w, new(pattern), 1<<20); err != nil {
					l.say("told")
					return err
				}
			}
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			l := x.answer()
			if err := compare(io.LimitReader(res.Body, 1<<20), 1<<20); err != nil {
				x.Error(err)
			}
			res.Body.Close()
			x.hearsLast(l, "told")
		},
	},
	{
		name: "vanish-then-next",
		want: "Clients that vanish, twenty of them, harm no other request.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			if r.Params.Get("HTTP_X_WAIT") != "" {
				l := call(r)
				defer l.hangUp()
				l.say("called")
				<-r.Context().Done()
				return
			}
			io.WriteString(w, r.Params.Get("HTTP_X_ID"))
		}),
		check: func(x *trial) {
			for i := range x.times(20) {
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					x.tryWithin(ctx, cancel, x.request("GET", "/", "HTTP_X_WAIT", "1"))
				}()
				x.called()
				cancel()
				<-ended
				x.whole(x.do(x.request("GET", "/", "HTTP_X_ID", itoa(i))), 200, itoa(i))
			}
		},
	},
}

// vanish sends r, and closes the connection under the client while the handler waits.
func (x *trial) vanish(r *protocol.Request) {
	x.Helper()
	conns := make(chan io.Closer, 10)
	x.wrapDials(collect(conns))
	ended := make(chan result, 1)
	go func() { ended <- x.end(r) }()
	l := x.called()
	(<-conns).Close()
	x.ends(l)
	if got := <-ended; got.err == nil {
		x.Errorf("the client got %d, whole", got.status)
	}
}
