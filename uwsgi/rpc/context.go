package rpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-gateway/postern/internal/lazycontext"
)

// errLate is why a function's context ends when its time is over.
var errLate = fmt.Errorf("the function's time is over: %w", context.DeadlineExceeded)

// errReturned is why it ends when the function has returned.
var errReturned = errors.New("the function has returned")

// A callContext is the context of one call. It costs nothing until somebody asks for its end: so
// the caller's connection is watched only then.
type callContext struct {
	lazycontext.Context           // its Parent is the request's
	deadline            time.Time // zero: none
	late                bool      // the function has outlasted its time, and may run on
}

// Deadline implements [context.Context].
func (c *callContext) Deadline() (time.Time, bool) {
	at, ok := c.Context.Deadline()
	if c.deadline.IsZero() || ok && at.Before(c.deadline) {
		return at, ok
	}
	return c.deadline, true
}
