package protocol

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Causes of the end of a request's context.
var (
	// ErrServed is the cause once Serve has returned.
	ErrServed = errors.New("the handler has returned")
	// ErrGone is the cause when the peer has closed the connection.
	ErrGone = &Error{Op: "serve", Kind: ErrAborted, Detail: "the peer closed the connection"}
)

// An requestContext is the context of a request that is being served. It costs nothing until
// somebody asks for its end, by Done or by deriving from it: only then is the peer watched.
type requestContext struct {
	parent context.Context
	watch  watch // nil: nobody can tell when the peer has gone
	req    *Request

	mu     sync.Mutex
	inner  context.Context // made when somebody asks
	cancel context.CancelCauseFunc
	stop   func()
	cause  error // why it ended, nil until then
}

// A watch is that part of a [Watcher]. It may return no stop.
type watch interface {
	Watch(gone func(cause error)) (stop func())
}

// demand makes the real context and starts the watch, once.
func (e *requestContext) demand() context.Context {
	e.mu.Lock()
	if e.inner != nil {
		e.mu.Unlock()
		return e.inner
	}
	e.inner, e.cancel = context.WithCancelCause(e.parent)
	inner, watch := e.inner, e.watch
	if e.cause != nil {
		e.cancel(e.cause)
		watch = nil
	}
	e.mu.Unlock()
	if watch != nil {
		e.keep(watch.Watch(e.finish))
	}
	return inner
}

// keep notes how to stop the watch, or stops it at once if the request has ended meanwhile.
func (e *requestContext) keep(stop func()) {
	e.mu.Lock()
	ended := e.cause != nil
	if !ended {
		e.stop = stop
	}
	e.mu.Unlock()
	if ended && stop != nil {
		stop()
	}
}

// finish ends the context. The first cause stays.
func (e *requestContext) finish(cause error) {
	e.mu.Lock()
	if e.cause != nil {
		e.mu.Unlock()
		return
	}
	e.cause = cause
	cancel := e.cancel
	e.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// release ends the watch, and waits for it where it must be waited for.
func (e *requestContext) release() {
	e.mu.Lock()
	stop := e.stop
	e.stop = nil
	e.mu.Unlock()
	if stop != nil {
		stop()
	}
}

func (e *requestContext) Deadline() (time.Time, bool) { return e.parent.Deadline() }

func (e *requestContext) Done() <-chan struct{} { return e.demand().Done() }

func (e *requestContext) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.inner != nil:
		return e.inner.Err()
	case e.cause != nil:
		return context.Canceled
	}
	return e.parent.Err()
}

// Value also serves the context package's own question for the nearest cancelable context, which it
// asks after Done: so derived contexts need no goroutine, and context.Cause finds the cause.
func (e *requestContext) Value(key any) any {
	switch key {
	case requestKey{}:
		if web := e.req.web; web != nil {
			web.build()
		}
		return e.req
	case servedKey{}:
		return e.req
	}
	e.mu.Lock()
	inner, ended := e.inner, e.cause != nil
	e.mu.Unlock()
	switch {
	case inner != nil:
		return inner.Value(key)
	case ended: // the cause is in the inner one
		return e.demand().Value(key)
	}
	return e.parent.Value(key)
}

// Cancel ends the context of a request that is being served: a codec calls it when the peer takes
// the request back, or has gone. The cause should be an ErrAborted. It may come from any goroutine
// and at any time.
func (r *Request) Cancel(cause error) { r.end.finish(cause) }

// begin gives the request its context. A Cancel that came earlier has not been lost.
func (r *Request) begin(parent context.Context, watch watch) {
	r.end.parent, r.end.watch, r.end.req = parent, watch, r
}
