package lazycontext

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What is stopped early has never asked, and what is not asks after a tick or two. In either case f
// is called once, when the context ends.
func TestAfterFunc(t *testing.T) {
	for name, row := range map[string]struct {
		after  time.Duration // when end is called
		end    func(c *Context, endParent func(), stop func() bool)
		asked  told
		called bool
	}{
		"stopped early":        {0, func(_ *Context, _ func(), stop func() bool) { stop() }, 0, false},
		"stopped late":         {2 * tick, func(_ *Context, _ func(), stop func() bool) { stop() }, 1, false},
		"ended early":          {0, func(c *Context, _ func(), _ func() bool) { c.End(errOver) }, 0, true},
		"ended late":           {2 * tick, func(c *Context, _ func(), _ func() bool) { c.End(errOver) }, 1, true},
		"the parent's early":   {0, func(_ *Context, endParent func(), _ func() bool) { endParent() }, 1, true},
		"the parent's late":    {2 * tick, func(_ *Context, endParent func(), _ func() bool) { endParent() }, 1, true},
		"another asks":         {0, func(c *Context, _ func(), _ func() bool) { c.Done(); c.End(errOver) }, 1, true},
		"another, and stopped": {0, func(c *Context, _ func(), stop func() bool) { c.Done(); stop() }, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked told
				parent, endParent := context.WithCancel(context.Background())
				defer endParent()
				c, calls := &Context{Parent: parent, Demanded: &asked}, 0
				stop := new(Calls).AfterFunc(c, func() { calls++ })
				<-time.After(row.after)
				synctest.Wait()
				row.end(c, endParent, stop)
				<-time.After(3 * tick)
				synctest.Wait()
				if asked != row.asked || (calls == 1) != row.called || calls > 1 {
					t.Errorf("asked %d times, called %d", asked, calls)
				}
				if stop() || calls > 1 {
					t.Error("stopped again")
				}
			})
		})
	}
}

// Of several that wait each is told.
func TestAfterFuncOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, endParent := context.WithCancel(context.Background())
		defer endParent()
		calls := make(chan int, 100)
		var stops []func() bool
		var l Calls
		for i := range 30 {
			c := &Context{Parent: parent}
			stops = append(stops, l.AfterFunc(c, func() { calls <- i }), l.AfterFunc(c, func() { calls <- i }))
			<-time.After(tick / 5)
		}
		for _, stop := range stops[:20] {
			stop()
		}
		endParent()
		<-time.After(3 * tick)
		if len(calls) != 40 {
			t.Errorf("%d of 40 were called", len(calls))
		}
	})
}

// Any other context is context.AfterFunc's.
func TestAfterFuncOfOthers(t *testing.T) {
	var l Calls
	if !l.AfterFunc(context.Background(), func() { t.Error("called") })() {
		t.Error("a context that never ends is not stopped")
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	l.AfterFunc(ctx, func() { close(ended) })
	end()
	<-ended
}

// A value beside a Context leaves it as cheap as it was.
func TestAfterFuncOfAValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, parent := range []context.Context{&Context{Parent: context.Background(), Demanded: new(told)}, context.Background()} {
			ctx := WithValue(WithValue(parent, 1, "one"), 2, "two")
			if ctx.Value(1) != "one" || ctx.Value(2) != "two" || ctx.Value(3) != nil {
				t.Error("values")
			}
			stop := new(Calls).AfterFunc(ctx, func() { t.Error("called") })
			<-time.After(tick / 2)
			if !stop() {
				t.Error("it was called")
			}
			if c, ok := parent.(*Context); ok && *c.Demanded.(*told) != 0 {
				t.Error("its end was asked for")
			}
		}
		c := &Context{Parent: context.Background()}
		called := make(chan bool)
		new(Calls).AfterFunc(WithValue(c, 1, "one"), func() { close(called) })
		c.End(errOver)
		<-called
	})
}
