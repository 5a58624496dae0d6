package rpc

import (
	"context"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An answerer takes a result: b, which is good until it returns, or a stream of length bytes.
type answerer interface {
	answer(b []byte, stream io.Reader, length int64) error
}

// run calls f for the request req, within the limits, and has its result answered. ctx becomes the
// function's, which may keep it: so it is new. What backs the arguments is the function's for good
// if ctx is late then.
func (r *Registry) run(req *protocol.Request, f *function, args [][]byte, to answerer, ctx *callContext) error {
	c := newCall()
	c.args = append(c.args, args...)
	return r.runCall(c, req, f, to, ctx)
}

// runCall is run for a call that has its arguments.
func (r *Registry) runCall(c *call, req *protocol.Request, f *function, to answerer, ctx *callContext) error {
	if err := r.acquire(f.name); err != nil {
		c.free()
		return err
	}
	ctx.Parent = req.Context()
	c.registry, c.function, c.ctx = r, f, ctx
	if timeout := r.timeout(); timeout > 0 {
		return c.bounded(timeout, to)
	}
	c.run()
	<-c.done
	return c.finish(to)
}

// acquire takes one of the calls that may run at once. The end of [call.run] gives it back.
func (r *Registry) acquire(name string) error {
	limit := int64(r.MaxCalls)
	if limit == 0 {
		limit = DefaultMaxCalls
	}
	if n := r.running.Add(1); n > limit && limit > 0 {
		r.running.Add(-1)
		return &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(name)), Kind: protocol.ErrTooLarge, Status: http.StatusServiceUnavailable,
			RetryAfter: time.Second, Detail: protocol.Exceeds(n, limit, "calls at once")}
	}
	return nil
}

func (r *Registry) timeout() time.Duration {
	if r.Timeout == 0 {
		return DefaultTimeout
	}
	return r.Timeout
}

// A call is one run of a function. It is used again for another, unless the function has outlasted
// its time.
type call struct {
	registry *Registry
	function *function
	ctx      *callContext
	args     [][]byte

	result []byte
	stream io.Reader
	length int64
	err    error

	start func()        // run, of which "go" makes no closure
	done  chan struct{} // gets one when the function has returned
	timer *time.Timer
	over  atomic.Bool // the function has returned, or its time is over: whichever came first
}

var idleCalls = sync.Pool{New: func() any {
	c := &call{done: make(chan struct{}, 1)}
	c.start = c.run
	return c
}}

func newCall() *call { return idleCalls.Get().(*call) }

// free gives c back. Nobody may have it any more.
func (c *call) free() {
	clear(c.args)
	c.registry, c.function, c.ctx, c.args = nil, nil, nil, c.args[:0]
	c.result, c.stream, c.length, c.err = nil, nil, 0, nil
	c.over.Store(false)
	idleCalls.Put(c)
}

// bounded runs the function in a goroutine of its own, so that one that outlasts its time keeps
// nobody waiting.
func (c *call) bounded(timeout time.Duration, to answerer) error {
	c.ctx.deadline = time.Now().Add(timeout)
	if c.timer == nil {
		c.timer = time.NewTimer(timeout)
	} else {
		c.timer.Reset(timeout)
	}
	go c.start()
	select {
	case <-c.done:
		c.timer.Stop()
		return c.finish(to)
	case <-c.timer.C:
	}
	name, ctx := c.function.name, c.ctx // c may be the function's alone from now on
	if c.over.Swap(true) {              // it has just returned
		<-c.done
		return c.finish(to)
	}
	ctx.late = true
	ctx.End(errLate)
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(name)), Kind: errFailed,
		Status: http.StatusGatewayTimeout, Detail: "the function has not returned after " + timeout.String()}
}

// run calls the function.
func (c *call) run() {
	c.err = errExited // unless the function returns
	defer func() {
		if v := recover(); v != nil {
			c.err = &protocol.PanicError{Value: v, Stack: debug.Stack()}
		}
		c.registry.running.Add(-1)
		if c.stream == nil || c.err != nil { // a stream may still use the context
			c.ctx.End(errReturned)
		}
		if closer, ok := c.stream.(io.Closer); c.over.Swap(true) && ok { // nobody waits for it
			closer.Close()
		}
		c.done <- struct{}{}
	}()
	if f := c.function; f.stream != nil {
		c.stream, c.length, c.err = f.stream(c.ctx, c.args)
		return
	}
	c.result, c.err = c.function.call(c.ctx, c.args)
	c.length = int64(len(c.result))
}

// finish has the result answered, or returns what the function has failed with, and gives c back.
func (c *call) finish(to answerer) error {
	defer c.free()
	switch {
	case c.err != nil:
		return failedIn(c.ctx, c.function.name, c.err)
	case c.stream == nil:
		return to.answer(c.result, nil, c.length)
	}
	defer c.ctx.End(errReturned)
	if closer, ok := c.stream.(io.Closer); ok {
		defer closer.Close()
	}
	if c.length < 0 {
		b, err := c.registry.readAll(c.ctx, c.again, nil)
		if err != nil {
			return failedIn(c.ctx, c.function.name, err)
		}
		return to.answer(b, nil, int64(len(b)))
	}
	return to.answer(nil, c.stream, c.length)
}

// again is the StreamFunc of a stream that is open already, without its Close.
func (c *call) again(context.Context, [][]byte) (io.Reader, int64, error) {
	return struct{ io.Reader }{c.stream}, c.length, nil
}
