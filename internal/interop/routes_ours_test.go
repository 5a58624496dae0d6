package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// routeFunctions are those of testdata/peers/routes.py.
func routeFunctions() *rpc.Registry {
	r := new(rpc.Registry)
	answer := func(f func(args [][]byte) string) rpc.Func {
		return func(_ context.Context, args [][]byte) ([]byte, error) { return []byte(f(args)), nil }
	}
	r.Register("hello", answer(func([][]byte) string { return "Hello World" }))
	r.Register("hello_world", answer(func(args [][]byte) string { return "Hello " + string(bytes.Join(args, []byte(" "))) }))
	r.Register("echo", answer(func(args [][]byte) string { return string(bytes.Join(args, []byte("|"))) }))
	r.Register("count", answer(func(args [][]byte) string { return fmt.Sprint(len(args)) }))
	r.Register("empty", answer(func([][]byte) string { return "" }))
	r.Register("fail", func(context.Context, [][]byte) ([]byte, error) { return nil, errors.New("a secret") })
	r.Register("choose", answer(func(args [][]byte) string {
		if string(args[0]) == "/topogigio" {
			return "goto topogigio"
		}
		return "break 500 Internal server Error !!!"
	}))
	return r
}

// routeEnvironment is what rules may name, as of "postern serve".
func routeEnvironment(t *testing.T) *route.Environment {
	t.Helper()
	functions := routeFunctions()
	backends := &endpoint.Backends{Modified: func(modifier1, modifier2 uint8) protocol.Handler {
		if modifier1 == 173 && modifier2 == 2 {
			return functions.Path()
		}
		return nil
	}}
	t.Cleanup(func() {
		if err := backends.Close(); err != nil {
			t.Error(err)
		}
	})
	env := backends.Environment(rpc.Local(functions))
	env.Version = "2.0.21-debian"
	return env
}

// serveRoutes has Postern follow the rules of an ini file, in front of the application.
func serveRoutes(t *testing.T, ini, application string) (socket string, log *logbook) {
	t.Helper()
	rules, err := routeEnvironment(t).Parse("routes.ini", ini)
	if err != nil {
		t.Fatal(err)
	}
	client, err := endpoint.NewClient("uwsgi+unix:"+application, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	table, err := route.New(&gateway.Proxy{Backend: client}, rules...)
	if err != nil {
		t.Fatal(err)
	}
	log = new(logbook)
	table.Log = slog.New(slog.NewTextHandler(log, nil))
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	run(t, &gateway.Server{Handler: table, Log: table.Log}, l, "uwsgi")
	return socket, log
}

// refusesRoutes reports whether Postern starts with the rules of a row, by the error.
func refusesRoutes(t *testing.T, table *routeTable, i int) error {
	t.Helper()
	rules, err := routeEnvironment(t).Parse("routes.ini", table.ini(func(j int) bool { return j == i }))
	if err == nil {
		_, err = route.New(nil, rules...)
	}
	return err
}

// sameAnswer leaves out of a short answer what says how the answer ends and what nobody asked for.
func sameAnswer(short string) string {
	head, body, ok := strings.Cut(short, "\n\n")
	if !ok {
		return short
	}
	fields := strings.Split(head, "\n")
	status := fields[0]
	fields = slices.DeleteFunc(fields[1:], func(f string) bool {
		name, _, _ := strings.Cut(f, ":")
		return name == "Content-Length" || name == "Connection" || name == "X-Content-Type-Options"
	})
	slices.Sort(fields)
	return strings.Join(append([]string{status}, fields...), "\n") + "\n\n" + body
}

// What Postern answers where uWSGI closes without a byte.
var answers404, answers500, answers502 = errorAnswer("404 Not Found"), errorAnswer("500 Internal Server Error"), errorAnswer("502 Bad Gateway")

func errorAnswer(status string) string {
	return status + "\nContent-Type: text/plain; charset=utf-8\n\n" + status + "\n"
}

// ourFile is the answer of the action static.
func ourFile(status, body string, fields ...string) string {
	return status + "\nAccept-Ranges: bytes\nContent-Type: text/plain; charset=utf-8\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\n" + lines(fields) + "\n" + body
}
