// Package lazycontext has a context that costs nothing until somebody asks for its end.
package lazycontext

import (
	"context"
	"sync"
	"time"
)

// A Context ends when its Parent does, or by End. The real context, which costs allocations and a
// place in the parent's list, is made at the first Done, and so when another derives from it. It is
// safe for concurrent use, but for Parent and Demanded, which are set before.
type Context struct {
	Parent context.Context
	// Demanded is told when the end has been asked for the first time, unless it has come already.
	// nil: nobody is told.
	Demanded interface{ Demanded() }

	mu     sync.Mutex
	inner  context.Context // the real one
	cancel context.CancelCauseFunc
	cause  error      // of End; nil until then
	call   *afterCall // of AfterFunc; nil: none, or inner is asked
}

// End ends the context. The first cause stays.
func (c *Context) End(cause error) {
	c.mu.Lock()
	if c.cause != nil {
		c.mu.Unlock()
		return
	}
	c.cause = cause
	cancel, w := c.cancel, c.call
	c.call = nil
	c.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
	if w != nil {
		go w.f()
	}
}

// Ended reports whether End was called.
func (c *Context) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause != nil
}

// demand makes the real context, once.
func (c *Context) demand() context.Context {
	c.mu.Lock()
	first := c.inner == nil
	if first {
		parent := c.Parent
		if c.cause != nil {
			parent = context.WithoutCancel(parent) // which may have ended since, for another cause
		}
		c.inner, c.cancel = context.WithCancelCause(parent)
		if c.cause != nil {
			c.cancel(c.cause)
		}
	}
	inner, tell := c.inner, first && c.cause == nil && c.Demanded != nil
	c.mu.Unlock()
	if tell {
		c.Demanded.Demanded()
	}
	return inner
}

// Deadline implements [context.Context].
func (c *Context) Deadline() (time.Time, bool) { return c.Parent.Deadline() }

// Done implements [context.Context].
func (c *Context) Done() <-chan struct{} { return c.demand().Done() }

// Err implements [context.Context].
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inner != nil:
		return c.inner.Err()
	case c.cause != nil:
		return context.Canceled
	}
	return c.Parent.Err()
}

// Value also serves the context package's own question for the nearest cancelable context, which it
// asks after Done: so derived contexts need no goroutine, and context.Cause finds the cause.
func (c *Context) Value(key any) any {
	c.mu.Lock()
	inner, ended := c.inner, c.cause != nil
	c.mu.Unlock()
	switch {
	case inner != nil:
		return inner.Value(key)
	case ended: // the cause is in the real one
		return c.demand().Value(key)
	}
	return c.Parent.Value(key)
}
