package lazycontext

import (
	"context"
	"sync"
	"time"
)

// Calls are calls of AfterFunc, for which there is one timer. The zero value is ready for use. They
// are safe for concurrent use.
type Calls struct {
	mu         sync.Mutex
	young, old list // since the last tick, and since the one before
	timer      *time.Timer
	running    bool // the timer runs
}

// tick is how often those contexts are asked whose calls are older than that.
const tick = 10 * time.Millisecond

// AfterFunc is [context.AfterFunc], which costs next to nothing where ctx is a [Context], embeds
// one, or is made of one by WithValue, and nobody has asked for its end. For the first 10 to 20 ms
// f is then called by End alone. After that ctx is asked for its end, and f is called also where
// the Parent has ended.
func (l *Calls) AfterFunc(ctx context.Context, f func()) (stop func() bool) {
	if c := lazyOf(ctx); c != nil {
		w := &afterCall{calls: l, ctx: ctx, c: c, f: f}
		if c.leave(w) {
			l.add(w)
			return w.stop
		}
	}
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, f)
}

// lazy is for AfterFunc, which may be given what embeds c.
func (c *Context) lazy() *Context { return c }

// lazyOf returns the Context that ctx is or embeds, or nil.
func lazyOf(ctx context.Context) *Context {
	if e, ok := ctx.(interface{ lazy() *Context }); ok {
		return e.lazy()
	}
	return nil
}

// WithValue is [context.WithValue], whose end costs no more than that of ctx.
func WithValue(ctx context.Context, key, value any) context.Context {
	return &withValue{ctx, key, value}
}

type withValue struct {
	context.Context
	key, value any
}

// Value implements [context.Context].
func (c *withValue) Value(key any) any {
	if key == c.key {
		return c.value
	}
	return c.Context.Value(key)
}

func (c *withValue) lazy() *Context { return lazyOf(c.Context) }

// leave leaves w to End, unless the end has come or has been asked for.
func (c *Context) leave(w *afterCall) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner != nil || c.cause != nil || c.call != nil || c.Parent.Err() != nil {
		return false
	}
	c.call = w
	return true
}

// take takes w back, and reports whether it was still left to End.
func (c *Context) take(w *afterCall) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.call != w {
		return false
	}
	c.call = nil
	return true
}

// An afterCall is a call of AfterFunc.
type afterCall struct {
	calls *Calls
	ctx   context.Context
	c     *Context // that ctx is or embeds
	f     func()

	mu      sync.Mutex  // may be held while another lock is taken
	stopped func() bool // of context.AfterFunc; nil: ctx has not been asked

	next, previous *afterCall // in its list
}

// stop is what AfterFunc returns.
func (w *afterCall) stop() bool {
	w.calls.remove(w)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped != nil {
		return w.stopped()
	}
	return w.c.take(w)
}

// ask asks the context for its end.
func (w *afterCall) ask() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.c.take(w) {
		w.stopped = context.AfterFunc(w.ctx, w.f)
	}
}

func (l *Calls) add(w *afterCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.young.add(w)
	l.start()
}

// start starts the timer. l.mu is held.
func (l *Calls) start() {
	switch {
	case l.running:
		return
	case l.timer == nil:
		l.timer = time.AfterFunc(tick, l.tick)
	default:
		l.timer.Reset(tick)
	}
	l.running = true
}

func (l *Calls) remove(w *afterCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.remove()
}

// tick asks the old ones.
func (l *Calls) tick() {
	l.mu.Lock()
	asked := l.old.all()
	l.old.add(l.young.all()...)
	l.running = false
	if l.old.first.next != nil {
		l.start()
	}
	l.mu.Unlock()
	for _, w := range asked {
		w.ask()
	}
}

// A list is a list of calls.
type list struct{ first afterCall } // which is none

func (l *list) add(all ...*afterCall) {
	for _, w := range all {
		w.previous, w.next = &l.first, l.first.next
		if w.next != nil {
			w.next.previous = w
		}
		l.first.next = w
	}
}

// remove takes w out of its list, if it is in one.
func (w *afterCall) remove() {
	if w.previous == nil {
		return
	}
	w.previous.next = w.next
	if w.next != nil {
		w.next.previous = w.previous
	}
	w.next, w.previous = nil, nil
}

// all takes all out.
func (l *list) all() (all []*afterCall) {
	for l.first.next != nil {
		all = append(all, l.first.next)
		l.first.next.remove()
	}
	return all
}
