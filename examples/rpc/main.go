// Command rpc serves functions that uWSGI's programs call, and calls one of theirs. app.py beside
// it is the other side, and nginx.conf puts both behind nginx.
//
//	rpc uwsgi://127.0.0.1:3031 uwsgi://127.0.0.1:3032
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: rpc LISTEN-URL UWSGI-URL")
	}
	ctx, stop := endpoint.UntilSignal(context.Background(), slog.Default())
	defer stop()
	if err := serve(ctx, os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// serve serves the functions at one URL and calls uWSGI's at the other.
func serve(ctx context.Context, listen, uWSGI string) error {
	python, err := endpoint.NewRPC(uWSGI, nil)
	if err != nil {
		return err
	}
	l, err := endpoint.Listen(ctx, listen)
	if err != nil {
		return err
	}
	functions := register(python)
	l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}
	// Requests that are no calls are XML-RPC's.
	return endpoint.Run(ctx, &gateway.Server{Handler: functions.XMLRPC()}, endpoint.Grace, l)
}

// register makes the functions. python is where uWSGI's are.
func register(python rpc.Caller) *rpc.Registry {
	functions := new(rpc.Registry)

	// Arguments and results are bytes.
	functions.Register("hello", func(context.Context, [][]byte) ([]byte, error) {
		return []byte("Hello World"), nil
	})

	// A function with Go's types: its callers see text.
	functions.RegisterTyped("add", rpc.Func2(func(_ context.Context, a, b int) (int, error) {
		return a + b, nil
	}), "adds two numbers")

	// One that calls Python, by a stub that has Go's types.
	upper := rpc.Stub1[string, string](python, "upper")
	functions.RegisterTyped("shout", rpc.Func1(func(ctx context.Context, text string) (string, error) {
		loud, err := upper(ctx, text)
		return loud + "!", err
	}), "asks Python for a text in capitals")
	return functions
}
