package protocol

import (
	"context"
	"errors"
	"sync"

	"github.com/postern-gateway/postern/internal/lazycontext"
)

// Causes of the end of a request's context.
var (
	// ErrServed is the cause once Serve has returned.
	ErrServed = errors.New("the handler has returned")
	// ErrGone is the cause when the peer has closed the connection.
	ErrGone = &Error{Op: "serve", Kind: ErrAborted, Detail: "the peer closed the connection"}
)

// A requestContext is the context of a request that is being served. It costs nothing until
// somebody asks for its end, by Done or by deriving from it: only then is the peer watched.
type requestContext struct {
	lazycontext.Context
	watch watch // nil: nobody can tell when the peer has gone
	req   *Request

	mu   sync.Mutex
	stop func() // ends the watch
}

// A watch is that part of a [Watcher]. It may return no stop.
type watch interface {
	Watch(gone func(cause error)) (stop func())
}

// Demanded starts the watch.
func (e *requestContext) Demanded() { e.keep(e.watch.Watch(e.End)) }

// keep notes how to stop the watch, or stops it at once if the request has ended meanwhile.
func (e *requestContext) keep(stop func()) {
	e.mu.Lock()
	ended := e.Ended()
	if !ended {
		e.stop = stop
	}
	e.mu.Unlock()
	if ended && stop != nil {
		stop()
	}
}

// release ends the watch, and waits for it where it must be waited for. The context has ended.
func (e *requestContext) release() {
	e.mu.Lock()
	stop := e.stop
	e.stop = nil
	e.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// Value implements [context.Context].
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
	return e.Context.Value(key)
}

// Cancel ends the context of a request that is being served: a codec calls it when the peer takes
// the request back, or has gone. The cause should be an ErrAborted. It may come from any goroutine
// and at any time.
func (r *Request) Cancel(cause error) { r.end.End(cause) }

// begin gives the request its context. A Cancel that came earlier has not been lost.
func (r *Request) begin(parent context.Context, watch watch) {
	r.end.Parent, r.end.req = parent, r
	if r.end.watch = watch; watch != nil {
		r.end.Context.Demanded = &r.end
	}
}

// whyEnded returns why the request's context has ended in place of an err that says no more than
// that it has, as many handlers return it. Where its client leaves net/http gives no cause.
func (r *Request) whyEnded(err error) error {
	if err != context.Canceled {
		return err
	}
	switch cause := context.Cause(r.Context()); cause {
	case nil: // another context has
		return err
	case context.Canceled:
		return ErrGone
	default:
		return cause
	}
}
