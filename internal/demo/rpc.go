package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// RPC returns functions that help people check their callers by uWSGI's RPC:
//
//	hello        "Hello World"
//	echo ARG...  the arguments joined by |
//	count ARG... how many arguments came
//	big N        N bytes of x
//	empty        nothing
//	fail         an error
//	panic        a panic
//	sleep MS     an answer after MS milliseconds
func RPC() *rpc.Registry {
	r := new(rpc.Registry)
	r.RegisterTyped("hello", rpc.Func0(func(context.Context) (string, error) { return "Hello World", nil }), "answers Hello World")
	r.Register("echo", func(_ context.Context, args [][]byte) ([]byte, error) { return bytes.Join(args, []byte("|")), nil },
		rpc.Doc{Help: "the arguments, joined by |"})
	r.RegisterTyped("count", rpc.FuncN(func(_ context.Context, args ...[]byte) (int, error) { return len(args), nil }), "how many arguments came")
	r.RegisterStream("big", func(_ context.Context, args [][]byte) (io.Reader, int64, error) {
		n, err := only[int64](args)
		if err == nil && n < 0 {
			err = rpc.Errorf(400, "%d bytes are asked for", n)
		}
		return io.LimitReader(repeated('x'), n), n, err
	}, rpc.Doc{Help: "so many bytes of x", Signature: []string{"string", "int"}})
	r.RegisterTyped("empty", rpc.Func0(func(context.Context) (string, error) { return "", nil }), "answers nothing")
	r.RegisterTyped("fail", rpc.Func0(func(context.Context) (string, error) {
		return "", rpc.Errorf(500, "this function always fails")
	}), "fails")
	r.RegisterTyped("panic", rpc.Func0(func(context.Context) (string, error) { panic("demo: panic was called") }), "panics")
	r.RegisterTyped("sleep", rpc.Func1(sleepFor), "answers after so many milliseconds")
	return r
}

// only reads the one argument of a call.
func only[T any](args [][]byte) (v T, err error) {
	if len(args) != 1 {
		return v, rpc.Errorf(400, "%d arguments came, and 1 is meant", len(args))
	}
	if v, err = rpc.Decode[T](args[0]); err != nil {
		return v, rpc.Errorf(400, "argument 1: %v", err)
	}
	return v, nil
}

// repeated reads as that byte, without an end.
type repeated byte

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func sleepFor(ctx context.Context, ms int64) (string, error) {
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return fmt.Sprintf("slept for %d ms", ms), nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
