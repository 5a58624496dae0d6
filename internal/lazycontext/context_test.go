package lazycontext

import (
	"context"
	"errors"
	"testing"
)

type told int

func (t *told) Demanded() { *t++ }

var errOver = errors.New("over")

// The end is told once, and only where it was asked for before it came.
func TestDemanded(t *testing.T) {
	for name, row := range map[string]struct {
		use  func(c *Context)
		want told
	}{
		"nobody asks":      {func(c *Context) { c.Err(); c.Deadline(); c.Value("key"); c.End(errOver) }, 0},
		"Done":             {func(c *Context) { c.Done(); c.Done() }, 1},
		"another derives":  {func(c *Context) { _, stop := context.WithCancel(c); stop() }, 1},
		"it ended before":  {func(c *Context) { c.End(errOver); <-c.Done() }, 0},
		"the cause, later": {func(c *Context) { c.End(errOver); context.Cause(c) }, 0},
	} {
		var n told
		row.use(&Context{Parent: context.Background(), Demanded: &n})
		if n != row.want {
			t.Errorf("%s: told %d times, want %d", name, n, row.want)
		}
	}
}

// The first cause stays, whether the real context was there when it came or not, and whatever
// becomes of the parent.
func TestEnd(t *testing.T) {
	for _, before := range []bool{true, false} {
		parent, end := context.WithCancelCause(context.Background())
		c := &Context{Parent: parent}
		if before {
			c.Done()
		}
		c.End(errOver)
		c.End(errors.New("another"))
		end(errors.New("the parent's"))
		<-c.Done()
		if !c.Ended() || c.Err() != context.Canceled || context.Cause(c) != errOver {
			t.Errorf("asked before: %v: %v, %v", before, c.Err(), context.Cause(c))
		}
	}
	parent, end := context.WithCancelCause(context.Background())
	c := &Context{Parent: parent}
	end(errOver)
	if c.Ended() || c.Err() != context.Canceled || context.Cause(c) != errOver {
		t.Errorf("%v, %v", c.Err(), context.Cause(c))
	}
}

// What costs nothing has no allocations.
func TestAllocs(t *testing.T) {
	parent := context.WithValue(context.Background(), told(0), "value")
	c := &Context{Parent: parent}
	if n := testing.AllocsPerRun(100, func() {
		c.Err()
		c.Value(told(0))
		c.Ended()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
