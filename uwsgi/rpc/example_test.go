package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// functions are what can be called.
func functions() *rpc.Registry {
	r := new(rpc.Registry)
	r.Register("join", func(_ context.Context, args [][]byte) ([]byte, error) {
		if len(args) == 0 {
			return nil, rpc.Errorf(400, "nothing to join")
		}
		return bytes.Join(args, []byte("-")), nil
	})
	return r
}

// dial connects to a server of them. A gateway.Server does so for all connections of a listener.
func dial(context.Context) (net.Conn, error) {
	server, client := net.Pipe()
	p := uwsgi.Protocol{Kinds: map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions()}}
	go new(protocol.Loop).Serve(context.Background(), p.NewConn(server, nil))
	return client, nil
}

func Example() {
	client := &rpc.Client{Dial: dial}
	b, err := client.Call(context.Background(), "join", []byte("a"), []byte("b"))
	fmt.Printf("%s %v\n", b, err)
	_, err = client.Call(context.Background(), "join")
	fmt.Println(err)
	// Output:
	// a-b <nil>
	// rpc "join": 400 Bad Request: nothing to join
}

func ExampleLocal() {
	b, err := rpc.Local(functions()).Call(context.Background(), "join", []byte("a"), []byte("b"))
	fmt.Printf("%s %v\n", b, err)
	// Output: a-b <nil>
}

func ExampleRegistry_RegisterStream() {
	r := new(rpc.Registry)
	r.RegisterStream("read", func(context.Context, [][]byte) (io.Reader, int64, error) {
		return strings.NewReader("a long result"), 13, nil
	})
	b, err := rpc.Local(r).Call(context.Background(), "read")
	fmt.Printf("%s %v\n", b, err)
	// Output: a long result <nil>
}

func ExampleFunc2() {
	r := new(rpc.Registry)
	r.RegisterTyped("add", rpc.Func2(func(_ context.Context, a, b int) (int, error) { return a + b, nil }), "adds two numbers")

	add := rpc.Stub2[int, int, int](rpc.Local(r), "add")
	fmt.Println(add(context.Background(), 40, 2))
	_, err := rpc.Local(r).Call(context.Background(), "add", []byte("40"), []byte("two"))
	fmt.Println(errors.AsType[*rpc.Error](err))
	// Output:
	// 42 <nil>
	// rpc: 400 Bad Request: argument 2: "two" is no int: invalid syntax true
}

func ExampleEncode() {
	b, err := rpc.Encode(map[string]int{"answer": 42})
	fmt.Printf("%s %v\n", b, err)
	// Output: {"answer":42} <nil>
}
