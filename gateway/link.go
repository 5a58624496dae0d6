package gateway

import (
	"context"
	"sync"
	"time"
)

// A backendContext is the context of the exchange with a backend. It ends with the front's request,
// until it is parted from that, and for causes of its own. As with the request's own context it
// costs nothing until somebody asks for its end, by Done or by deriving from it: only then is the
// front watched.
type backendContext struct {
	front context.Context

	mu     sync.Mutex
	inner  context.Context // made when somebody asks
	cancel context.CancelCauseFunc
	unlink func() bool
	parted bool
	cause  error // why it ended by itself, nil until then
}

// demand makes the real context, once.
func (l *backendContext) demand() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inner != nil {
		return l.inner
	}
	l.inner, l.cancel = context.WithCancelCause(context.WithoutCancel(l.front))
	switch {
	case l.cause != nil:
		l.cancel(l.cause)
	case !l.parted:
		l.unlink = context.AfterFunc(l.front, func() { l.end(context.Cause(l.front)) })
	}
	return l.inner
}

// part makes the link outlive the front's request.
func (l *backendContext) part() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parted = true
	if l.unlink != nil {
		l.unlink()
	}
}

// end ends the link. The first cause stays.
func (l *backendContext) end(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return
	}
	l.cause = cause
	if l.cancel != nil {
		l.cancel(cause)
	}
}

func (l *backendContext) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

func (l *backendContext) Done() <-chan struct{} { return l.demand().Done() }

func (l *backendContext) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.inner != nil:
		return l.inner.Err()
	case l.cause != nil:
		return context.Canceled
	case l.parted:
		return nil
	}
	return l.front.Err()
}

// Value also serves the context package's own question for the nearest cancelable context, which it
// asks after Done and for the cause.
func (l *backendContext) Value(key any) any {
	l.mu.Lock()
	inner, ended := l.inner, l.cause != nil
	l.mu.Unlock()
	switch {
	case inner != nil:
		return inner.Value(key)
	case ended:
		return l.demand().Value(key)
	}
	return l.front.Value(key)
}
