package rpc

import (
	"context"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An answerFunc takes a result: b, or a stream of length bytes.
type answerFunc func(b []byte, stream io.Reader, length int64) error

// run calls f for the request r, within the limits, and has its result answered.
func (r *Registry) run(req *protocol.Request, f *function, args [][]byte, answer answerFunc) error {
	if err := r.acquire(f.name); err != nil {
		return err
	}
	c := &call{registry: r, function: f, done: make(chan struct{})}
	c.ctx.Context = req.Context()
	if timeout := r.timeout(); timeout > 0 {
		return c.bounded(timeout, args, answer)
	}
	c.run(args)
	return c.answer(answer)
}

// acquire takes one of the calls that may run at once. The end of [call.run] gives it back.
func (r *Registry) acquire(name string) error {
	limit := int64(r.MaxCalls)
	if limit == 0 {
		limit = DefaultMaxCalls
	}
	if n := r.running.Add(1); n > limit && limit > 0 {
		r.running.Add(-1)
		return &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(clip(name)), Kind: protocol.ErrTooLarge, Status: http.StatusServiceUnavailable,
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

// A call is one run of a function.
type call struct {
	registry *Registry
	function *function
	ctx      callContext

	result []byte
	stream io.Reader
	length int64
	err    error
	done   chan struct{} // closed when the function has returned
	over   atomic.Bool   // the function has returned, or its time is over: whichever came first
}

// bounded runs the function in a goroutine of its own, so that one that outlasts its time keeps
// nobody waiting. It has a copy of the arguments then, as the connection's buffer is used again.
func (c *call) bounded(timeout time.Duration, args [][]byte, answer answerFunc) error {
	c.ctx.deadline = time.Now().Add(timeout)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	go c.run(cloned(args))
	select {
	case <-c.done:
		return c.answer(answer)
	case <-timer.C:
	}
	if c.over.Swap(true) { // it has just returned
		<-c.done
		return c.answer(answer)
	}
	c.ctx.end(errLate)
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(clip(c.function.name)), Kind: errFailed,
		Status: http.StatusGatewayTimeout, Detail: "the function has not returned after " + timeout.String()}
}

// cloned copies the arguments into one piece of memory.
func cloned(args [][]byte) [][]byte {
	size := 0
	for _, a := range args {
		size += len(a)
	}
	room := make([]byte, 0, size)
	own := make([][]byte, len(args))
	for i, a := range args {
		room = append(room, a...)
		own[i] = room[len(room)-len(a) : len(room) : len(room)]
	}
	return own
}

// run calls the function.
func (c *call) run(args [][]byte) {
	c.err = errExited // unless the function returns
	defer func() {
		if v := recover(); v != nil {
			c.err = &protocol.PanicError{Value: v, Stack: debug.Stack()}
		}
		c.registry.running.Add(-1)
		if closer, ok := c.stream.(io.Closer); c.over.Swap(true) && ok { // nobody waits for it
			closer.Close()
		}
		if c.stream == nil || c.err != nil { // a stream may still use the context
			c.ctx.end(errReturned)
		}
		close(c.done)
	}()
	if f := c.function; f.stream != nil {
		c.stream, c.length, c.err = f.stream(&c.ctx, args)
		return
	}
	c.result, c.err = c.function.call(&c.ctx, args)
	c.length = int64(len(c.result))
}

// answer has the result answered, or returns what the function has failed with.
func (c *call) answer(answer answerFunc) error {
	if c.err != nil {
		return failed(c.function.name, c.err)
	}
	if c.stream == nil {
		return answer(c.result, nil, c.length)
	}
	defer c.ctx.end(errReturned)
	if closer, ok := c.stream.(io.Closer); ok {
		defer closer.Close()
	}
	if c.length < 0 {
		b, err := c.registry.readAll(&c.ctx, c.again, nil)
		if err != nil {
			return failed(c.function.name, err)
		}
		return answer(b, nil, int64(len(b)))
	}
	return answer(nil, c.stream, c.length)
}

// again is the StreamFunc of a stream that is open already, without its Close.
func (c *call) again(context.Context, [][]byte) (io.Reader, int64, error) {
	return struct{ io.Reader }{c.stream}, c.length, nil
}
