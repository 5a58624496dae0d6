package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

func ExampleFunc() {
	var upper rpc.Func = func(_ context.Context, args [][]byte) ([]byte, error) {
		return bytes.ToUpper(args[0]), nil
	}
	r := new(rpc.Registry)
	r.Register("upper", upper, rpc.Doc{Help: "the argument in upper case", Signature: []string{"string", "string"}})
	b, err := rpc.Local(r).Call(context.Background(), "upper", []byte("hello"))
	fmt.Printf("%s %v\n", b, err)
	// Output: HELLO <nil>
}

// What calls functions need not know where they are.
func ExampleCaller() {
	for _, c := range []rpc.Caller{rpc.Local(functions()), &rpc.Client{Dial: dial}} {
		b, err := c.Call(context.Background(), "join", []byte("a"), []byte("b"))
		fmt.Printf("%s %v\n", b, err)
	}
	// Output:
	// a-b <nil>
	// a-b <nil>
}

func ExampleRegistry_RegisterStream() {
	var read rpc.StreamFunc = func(context.Context, [][]byte) (io.Reader, int64, error) {
		return strings.NewReader("a long result"), 13, nil
	}
	r := new(rpc.Registry)
	r.RegisterStream("read", read)
	b, err := rpc.Local(r).Call(context.Background(), "read")
	fmt.Printf("%s %v\n", b, err)
	// Output: a long result <nil>
}

func ExampleFunc2() {
	r := new(rpc.Registry)
	var sum rpc.Typed = rpc.Func2(func(_ context.Context, a, b int) (int, error) { return a + b, nil })
	r.RegisterTyped("add", sum, "adds two numbers")

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

func ExampleRegistry_XMLRPC() {
	srv := httptest.NewServer(protocol.ToHTTP(functions().XMLRPC()))
	defer srv.Close()
	res, err := http.Post(srv.URL, "text/xml", strings.NewReader(
		`<methodCall><methodName>join</methodName><params><param><value>a</value></param><param><value><int>7</int></value></param></params></methodCall>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	fmt.Printf("%s%v\n", b, err)
	// Output:
	// <?xml version="1.0"?>
	// <methodResponse><params><param><value><string>a-7</string></value></param></params></methodResponse>
	// <nil>
}

func ExampleRegistry_JSONRPC() {
	srv := httptest.NewServer(protocol.ToHTTP(functions().JSONRPC()))
	defer srv.Close()
	res, err := http.Post(srv.URL, "application/json", strings.NewReader(`{"jsonrpc": "2.0", "method": "join", "params": ["a", 7], "id": 1}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	fmt.Printf("%s %v\n", b, err)
	// Output: {"jsonrpc":"2.0","result":"a-7","id":1} <nil>
}

func ExampleRegistry_HTTP() {
	srv := httptest.NewServer(protocol.ToHTTP(functions().HTTP()))
	defer srv.Close()
	res, err := http.Post(srv.URL+"/join/a/b", "", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	fmt.Printf("%s %v\n", b, err)
	// Output: a-b <nil>
}
