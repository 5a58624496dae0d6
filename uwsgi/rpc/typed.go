package rpc

import (
	"context"
	"net/http"
	"strconv"
)

// A Typed is a Go function as a [Func], with the types that it has: see [Registry.RegisterTyped].
// Arguments are read by [Decode], and the result is written by [Encode]. A call with another number
// of arguments, or with one that cannot be read, is answered 400, with the reason.
type Typed struct {
	Func Func
	Doc  Doc
}

// RegisterTyped is Register for a function with types. help is a text for people; it may be empty.
func (r *Registry) RegisterTyped(name string, f Typed, help string) {
	f.Doc.Help = help
	r.Register(name, f.Func, f.Doc)
}

// Func0 returns f as a Typed.
func Func0[R any](f func(context.Context) (R, error)) Typed {
	return typed(func(ctx context.Context, _ *arguments) (R, error) { return f(ctx) }, typeName[R]())
}

// Func1 returns f as a Typed.
func Func1[A, R any](f func(context.Context, A) (R, error)) Typed {
	return typed(func(ctx context.Context, args *arguments) (v R, err error) {
		a := next[A](args)
		if args.err != nil {
			return v, args.err
		}
		return f(ctx, a)
	}, typeName[R](), typeName[A]())
}

// Func2 returns f as a Typed.
func Func2[A, B, R any](f func(context.Context, A, B) (R, error)) Typed {
	return typed(func(ctx context.Context, args *arguments) (v R, err error) {
		a, b := next[A](args), next[B](args)
		if args.err != nil {
			return v, args.err
		}
		return f(ctx, a, b)
	}, typeName[R](), typeName[A](), typeName[B]())
}

// Func3 returns f as a Typed.
func Func3[A, B, C, R any](f func(context.Context, A, B, C) (R, error)) Typed {
	return typed(func(ctx context.Context, args *arguments) (v R, err error) {
		a, b, c := next[A](args), next[B](args), next[C](args)
		if args.err != nil {
			return v, args.err
		}
		return f(ctx, a, b, c)
	}, typeName[R](), typeName[A](), typeName[B](), typeName[C]())
}

// Func4 returns f as a Typed.
func Func4[A, B, C, D, R any](f func(context.Context, A, B, C, D) (R, error)) Typed {
	return typed(func(ctx context.Context, args *arguments) (v R, err error) {
		a, b, c, d := next[A](args), next[B](args), next[C](args), next[D](args)
		if args.err != nil {
			return v, args.err
		}
		return f(ctx, a, b, c, d)
	}, typeName[R](), typeName[A](), typeName[B](), typeName[C](), typeName[D]())
}

// FuncN returns f, which takes any number of arguments, as a Typed.
func FuncN[A, R any](f func(context.Context, ...A) (R, error)) Typed {
	t := typed(func(ctx context.Context, args *arguments) (v R, err error) {
		all := make([]A, len(args.all))
		for i := range all {
			all[i] = next[A](args)
		}
		if args.err != nil {
			return v, args.err
		}
		return f(ctx, all...)
	})
	t.Doc = Doc{Typed: true, Result: typeName[R]()}
	return t
}

// typed returns a Typed of f. types are that of the result and of each argument; none: any number
// of arguments is good.
func typed[R any](f func(context.Context, *arguments) (R, error), types ...string) Typed {
	call := func(ctx context.Context, all [][]byte) ([]byte, error) {
		if meant := len(types) - 1; meant >= 0 && len(all) != meant {
			return nil, Errorf(http.StatusBadRequest, "%d arguments came, and %d are meant", len(all), meant)
		}
		v, err := f(ctx, &arguments{all: all})
		if err != nil {
			return nil, err
		}
		return Encode(v)
	}
	t := Typed{Func: call}
	if len(types) > 0 {
		t.Doc = Doc{Typed: true, Result: types[0], Signature: types}
	}
	return t
}

// arguments are those of a call that are read one by one.
type arguments struct {
	all [][]byte
	at  int
	err error // of the first that could not be read
}

// next reads the next argument.
func next[T any](args *arguments) T {
	v, err := Decode[T](args.all[args.at])
	args.at++
	if err != nil && args.err == nil {
		args.err = Errorf(http.StatusBadRequest, "%s", "argument "+strconv.Itoa(args.at)+": "+err.Error())
	}
	return v
}
