package rpc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errLate is why a function's context ends when its time is over.
var errLate = fmt.Errorf("the function's time is over: %w", context.DeadlineExceeded)

// errReturned is why it ends when the function has returned.
var errReturned = errors.New("the function has returned")

// A callContext is the context of one call. It costs nothing until somebody asks for its end: so
// the caller's connection is watched only then.
type callContext struct {
	context.Context           // the request's
	deadline        time.Time // zero: none

	mu     sync.Mutex
	inner  context.Context // made when somebody asks
	cancel context.CancelCauseFunc
	cause  error // why it has ended; nil until then
}

// demand makes the real context, once.
func (c *callContext) demand() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		parent := c.Context
		if c.cause != nil {
			parent = context.WithoutCancel(parent) // which may have ended since, for another cause
		}
		c.inner, c.cancel = context.WithCancelCause(parent)
		if c.cause != nil {
			c.cancel(c.cause)
		}
	}
	return c.inner
}

// end ends the context. The first cause stays.
func (c *callContext) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause = cause
	if c.cancel != nil {
		c.cancel(cause)
	}
}

func (c *callContext) Deadline() (time.Time, bool) {
	at, ok := c.Context.Deadline()
	if c.deadline.IsZero() || ok && at.Before(c.deadline) {
		return at, ok
	}
	return c.deadline, true
}

func (c *callContext) Done() <-chan struct{} { return c.demand().Done() }

func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inner != nil:
		return c.inner.Err()
	case c.cause != nil:
		return context.Canceled
	}
	return c.Context.Err()
}

// Value finds the inner context for the context package's own questions, so that contexts that
// derive from this one need no goroutine.
func (c *callContext) Value(key any) any {
	c.mu.Lock()
	inner, ended := c.inner, c.cause != nil
	c.mu.Unlock()
	switch {
	case inner != nil:
		return inner.Value(key)
	case ended:
		return c.demand().Value(key)
	}
	return c.Context.Value(key)
}
