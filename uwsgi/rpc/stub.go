package rpc

import (
	"context"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// Stub0 returns a function of Go that calls name by c: arguments by [Encode], the result by
// [Decode]. A result that cannot be read is an ErrUpstream.
func Stub0[R any](c Caller, name string) func(context.Context) (R, error) {
	return func(ctx context.Context) (R, error) { return stub[R](ctx, c, name) }
}

// Stub1 is Stub0 with an argument.
func Stub1[A, R any](c Caller, name string) func(context.Context, A) (R, error) {
	return func(ctx context.Context, a A) (R, error) { return stub[R](ctx, c, name, encoder(a)) }
}

// Stub2 is Stub0 with two arguments.
func Stub2[A, B, R any](c Caller, name string) func(context.Context, A, B) (R, error) {
	return func(ctx context.Context, a A, b B) (R, error) { return stub[R](ctx, c, name, encoder(a), encoder(b)) }
}

// Stub3 is Stub0 with three arguments.
func Stub3[A, B, C, R any](c Caller, name string) func(context.Context, A, B, C) (R, error) {
	return func(ctx context.Context, a A, b B, d C) (R, error) {
		return stub[R](ctx, c, name, encoder(a), encoder(b), encoder(d))
	}
}

// Stub4 is Stub0 with four arguments.
func Stub4[A, B, C, D, R any](c Caller, name string) func(context.Context, A, B, C, D) (R, error) {
	return func(ctx context.Context, a A, b B, d C, e D) (R, error) {
		return stub[R](ctx, c, name, encoder(a), encoder(b), encoder(d), encoder(e))
	}
}

// An encode makes an argument.
type encode func() ([]byte, error)

func encoder[T any](v T) encode { return func() ([]byte, error) { return Encode(v) } }

func stub[R any](ctx context.Context, c Caller, name string, args ...encode) (v R, err error) {
	texts := make([][]byte, len(args))
	for i, encode := range args {
		if texts[i], err = encode(); err != nil {
			e := malformed("argument " + strconv.Itoa(i+1)).(*protocol.Error)
			e.Err = err
			return v, named(name, e)
		}
	}
	b, err := c.Call(ctx, name, texts...)
	if err != nil {
		return v, err
	}
	if v, err = Decode[R](b); err != nil {
		return v, &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(name)) + ": read result", Kind: protocol.ErrUpstream, Err: err}
	}
	return v, nil
}
