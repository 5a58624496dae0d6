package route

import (
	"context"
	"runtime/debug"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// An appendCall is rpcnext or rpcblob.
type appendCall struct{ invocation }

// Do implements [Action].
func (c *appendCall) Do(x *Exchange) (Result, error) {
	b, err := x.result(c)
	if err != nil {
		return Break, err
	}
	x.Note("adds %d bytes", len(b))
	_, err = x.Write(b)
	return Next, err
}

// callsAhead are calls of remote nodes that run before their rules' turn.
type callsAhead struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	results map[int]*callAhead // by the rule
}

// A callAhead is one of them.
type callAhead struct {
	done   chan struct{}
	args   [][]byte
	result []byte
	err    error
}

// result calls the function of the present rule, or waits for what an earlier one has begun.
func (x *Exchange) result(c *appendCall) ([]byte, error) {
	if x.calls != nil {
		if ahead := x.calls.results[x.at]; ahead != nil {
			x.noteCall(&c.invocation, ahead.args)
			<-ahead.done
			return ahead.result, ahead.err
		}
	}
	args := c.arguments(x)
	x.noteCall(&c.invocation, args)
	if c.node != "" {
		if err := x.callAhead(); err != nil {
			return nil, err
		}
	}
	return c.with(x.Context(), args)
}

// callAhead begins the calls of the rules behind the present one, as long as all they do is to add
// to the answer what a remote node says: what they ask is not changed by what is between them.
func (x *Exchange) callAhead() error {
	present := x.matched
	defer func() { x.matched = present }()
	for i := x.at + 1; i < len(x.table.rules); i++ {
		r := &x.table.rules[i]
		c, ok := r.Do.(*appendCall)
		if !ok || c.node == "" || r.Label != "" {
			return nil
		}
		met, err := x.meets(r)
		if err != nil {
			return err
		}
		if met {
			x.begunAhead(i, c)
		}
	}
	return nil
}

// begunAhead begins the call of rule i.
func (x *Exchange) begunAhead(i int, c *appendCall) {
	if x.calls == nil {
		x.calls = &callsAhead{results: make(map[int]*callAhead)}
		x.calls.ctx, x.calls.cancel = context.WithCancel(x.Context())
	}
	ahead := &callAhead{done: make(chan struct{}), args: c.arguments(x)}
	x.calls.results[i] = ahead
	ctx := x.calls.ctx
	x.calls.running.Go(func() {
		defer close(ahead.done)
		defer func() {
			if v := recover(); v != nil {
				ahead.err = &protocol.PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		ahead.result, ahead.err = c.with(ctx, ahead.args)
	})
}

// endCalls ends the calls whose rules have not come to their turn.
func (x *Exchange) endCalls() {
	if x.calls != nil {
		x.calls.cancel()
		x.calls.running.Wait()
	}
}
