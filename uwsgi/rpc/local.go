package rpc

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/postern-gateway/postern/protocol"
)

// Local returns a Caller of r's functions in this process, as uWSGI's call() is. The function runs
// in the caller's goroutine and gets the caller's context and arguments; a result may be a part of
// the arguments. What a packet can carry bounds a call here as well, but for the whole packet's
// size. A panic is an error. An empty argument stays one.
func Local(r *Registry) Caller { return (*local)(r) }

type local Registry

func (l *local) Call(ctx context.Context, name string, args ...[]byte) ([]byte, error) {
	if err := checkCall(name, args); err != nil {
		return nil, named(name, err)
	}
	f := (*Registry)(l).find(name)
	if f == nil {
		return nil, unknown(name)
	}
	if err := ctx.Err(); err != nil {
		return nil, failedIn(ctx, name, context.Cause(ctx))
	}
	b, err := contained(f.call, ctx, args)
	if err != nil {
		return nil, failedIn(ctx, name, err)
	}
	return b, nil
}

// contained calls f and makes a panic an error.
func contained(f Func, ctx context.Context, args [][]byte) (b []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			b, err = nil, &protocol.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f(ctx, args)
}

var errExited = errors.New("the function ended its goroutine")
