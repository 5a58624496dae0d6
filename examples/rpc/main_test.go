package main

import (
	"context"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/uwsgi/rpc"
)

func TestFunctions(t *testing.T) {
	python := new(rpc.Registry)
	python.RegisterTyped("upper", rpc.Func1(func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil }), "")
	c := rpc.Local(register(rpc.Local(python)))
	for _, row := range []struct {
		name string
		args [][]byte
		want string
	}{
		{"hello", nil, "Hello World"},
		{"add", [][]byte{[]byte("40"), []byte("2")}, "42"},
		{"shout", [][]byte{[]byte("hey")}, "HEY!"},
	} {
		if b, err := c.Call(t.Context(), row.name, row.args...); string(b) != row.want || err != nil {
			t.Errorf("%s: %q, %v", row.name, b, err)
		}
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := serve(ctx, "uwsgi://127.0.0.1:0", "uwsgi://127.0.0.1:3032"); err != nil {
		t.Error(err)
	}
	for _, urls := range [][2]string{{"gopher:", "uwsgi://127.0.0.1:3032"}, {"uwsgi://127.0.0.1:0", "http://127.0.0.1:80"}} {
		if err := serve(ctx, urls[0], urls[1]); err == nil {
			t.Errorf("%q: no error", urls)
		}
	}
}
