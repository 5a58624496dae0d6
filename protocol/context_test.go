package protocol

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"
)

// A watchFunc is a watch.
type watchFunc func(gone func(error)) func()

func (f watchFunc) Watch(gone func(error)) func() { return f(gone) }

// A watched request counts how often it is watched, and can be told that its peer has gone.
type watched struct {
	Request
	watches, stops int
	gone           func(error)
}

func watchedRequest(parent context.Context) *watched {
	w := new(watched)
	w.begin(parent, watchFunc(func(gone func(error)) func() {
		w.watches++
		w.gone = gone
		return func() { w.stops++ }
	}))
	return w
}

func TestContextIsNotWatchedUnasked(t *testing.T) {
	w := watchedRequest(context.WithValue(t.Context(), ctxKey{}, "v"))
	ctx := w.Context()
	_, deadline := ctx.Deadline()
	if ctx.Err() != nil || ctx.Value(ctxKey{}) != "v" || deadline || w.watches != 0 {
		t.Errorf("%v, %d watches", ctx.Err(), w.watches)
	}
	w.end.End(ErrServed)
	w.end.release()
	if ctx.Err() != context.Canceled || w.watches != 0 || w.stops != 0 {
		t.Errorf("%v, %d watches, %d stops", ctx.Err(), w.watches, w.stops)
	}
	receive(t, ctx.Done()) // asked for only now
	if context.Cause(ctx) != ErrServed || w.watches != 0 {
		t.Errorf("%v, %d watches", context.Cause(ctx), w.watches)
	}
}

type ctxKey struct{}

func TestContextEndsWhenThePeerHasGone(t *testing.T) {
	w := watchedRequest(t.Context())
	ctx, cancel := context.WithTimeout(w.Context(), time.Hour)
	defer cancel()
	value := context.WithValue(ctx, ctxKey{}, 1)
	for range 3 {
		w.Context().Done()
	}
	if w.watches != 1 {
		t.Errorf("%d watches", w.watches)
	}
	w.gone(ErrGone)
	receive(t, value.Done())
	for _, c := range []context.Context{w.Context(), ctx, value} {
		if c.Err() != context.Canceled || context.Cause(c) != ErrGone {
			t.Errorf("%v, %v", c.Err(), context.Cause(c))
		}
	}
	w.end.End(ErrServed)
	if context.Cause(ctx) != ErrGone {
		t.Error("the first cause does not stay")
	}
	w.end.release()
	w.end.release()
	if w.stops != 1 {
		t.Errorf("%d stops", w.stops)
	}
}

func TestContextHasACauseAlsoUnasked(t *testing.T) {
	w := watchedRequest(t.Context())
	w.end.End(ErrGone)
	if cause := context.Cause(w.Context()); cause != ErrGone {
		t.Errorf("the cause is %v", cause)
	}
}

func TestContextEndsWithItsParent(t *testing.T) {
	shutdown := errors.New("shutdown")
	parent, cancel := context.WithCancelCause(t.Context())
	asked, unasked := watchedRequest(parent), watchedRequest(parent)
	asked.Context().Done()
	cancel(shutdown)
	receive(t, asked.Context().Done())
	for _, w := range []*watched{asked, unasked} {
		if w.Context().Err() != context.Canceled || context.Cause(w.Context()) != shutdown {
			t.Errorf("%v, %v", w.Context().Err(), context.Cause(w.Context()))
		}
	}
}

func TestDerivedContextsNeedNoGoroutine(t *testing.T) {
	w := watchedRequest(t.Context())
	before := runtime.NumGoroutine()
	for range 100 {
		_, cancel := context.WithCancel(w.Context())
		defer cancel()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines more", after-before)
	}
}

func TestCancelBeforeItBegins(t *testing.T) {
	r := get()
	r.Cancel(ErrGone)
	r.begin(t.Context(), watchFunc(func(func(error)) func() { t.Error("it is watched"); return nil }))
	receive(t, r.Context().Done())
	if context.Cause(r.Context()) != ErrGone {
		t.Error(context.Cause(r.Context()))
	}
}

func TestContextIsAskedAndEndedAtOnce(t *testing.T) {
	for range 200 {
		r := get()
		var stopped, wanted int
		r.begin(t.Context(), watchFunc(func(gone func(error)) func() {
			wanted++
			return func() { stopped++ }
		}))
		var all sync.WaitGroup
		all.Go(func() { <-r.Context().Done() })
		all.Go(func() { _ = r.Context().Err(); _ = r.Context().Value(ctxKey{}) })
		all.Go(func() { r.Cancel(ErrGone) })
		all.Wait()
		r.end.release()
		if stopped != wanted {
			t.Fatalf("watched %d times, stopped %d times", wanted, stopped)
		}
	}
}

func TestContextOfAnOutgoingRequest(t *testing.T) {
	if new(Request).Context() == nil {
		t.Error("nil")
	}
	ctx := context.WithValue(t.Context(), ctxKey{}, "v")
	r := get("A", "1")
	out := r.WithContext(ctx)
	if out.Context() != ctx || out.Params.Get("A") != "1" || out == r {
		t.Error("WithContext")
	}
	if RequestFromContext(ctx) != nil {
		t.Error("a request from nowhere")
	}
	r.begin(ctx, nil)
	if derived := context.WithValue(r.Context(), ctxKey{}, 2); RequestFromContext(derived) != r {
		t.Error("the request is not found")
	}
}
