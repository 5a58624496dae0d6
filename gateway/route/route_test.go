package route_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// functions are functions by their names, as a [route.Caller].
type functions map[string]func(args ...string) (string, error)

func (f functions) Call(_ context.Context, name string, args ...[]byte) ([]byte, error) {
	fn := f[name]
	if fn == nil {
		return nil, &protocol.Error{Op: "rpc " + name, Kind: protocol.ErrNotFound}
	}
	texts := make([]string, len(args))
	for i := range args {
		texts[i] = string(args[i])
	}
	s, err := fn(texts...)
	return []byte(s), err
}

// says is a function that has one answer.
func says(s string) func(...string) (string, error) {
	return func(...string) (string, error) { return s, nil }
}

// local are the functions that most tests call.
var local = functions{
	"hello": says("Hello World"),
	"echo":  func(args ...string) (string, error) { return strings.Join(args, "|"), nil },
	"empty": says(""),
	"fail":  func(...string) (string, error) { return "", errors.New("it fails") },
}

var env = &route.Environment{Local: local, Node: func(string) (route.Caller, error) { return local, nil }, Version: "1.0"}

// An answer is what a table made of a request.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

// next is the handler behind tables: it says that it was asked, with which variables.
func next(names ...string) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		text := "next"
		for _, name := range names {
			text += " " + name + "=" + r.Params.Get(name)
		}
		_, err := io.WriteString(w, text)
		return err
	})
}

// tableOf makes a table of rules in uWSGI's syntax.
func tableOf(t testing.TB, env *route.Environment, rules string, next protocol.Handler) *route.Table {
	t.Helper()
	list, err := env.Parse("rules", rules)
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(next, list...)
	if err != nil {
		t.Fatal(err)
	}
	table.Log = slog.New(slog.DiscardHandler)
	return table
}

// get asks a table for a URI, with further variables.
func get(t *testing.T, table protocol.Handler, uri string, more ...string) answer {
	t.Helper()
	path, query, _ := strings.Cut(uri, "?")
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", uri, "SCRIPT_NAME", "", "PATH_INFO", path,
		"QUERY_STRING", query, "HTTP_HOST", "postern.test", "REMOTE_ADDR", "192.0.2.7", "HTTP_USER_AGENT", "curl/8", "DOCUMENT_ROOT", "/srv/secret")}
	for name, value := range protocol.Pairs(more...).All() {
		r.Params.Set(name, value)
	}
	return serve(table, r)
}

// serve has a table serve a request.
func serve(table protocol.Handler, r *protocol.Request) answer {
	w := httptest.NewRecorder()
	err := table.Serve(w, r)
	return answer{w.Code, w.Header(), w.Body.String(), err}
}

func TestFirstPath(t *testing.T) {
	table := tableOf(t, env, `
[uwsgi]
; the documentation's example
route = ^/foo rpc:echo ${REQUEST_URI} ${REMOTE_ADDR}
`, next())
	for uri, want := range map[string]string{"/foo?x": "/foo?x|192.0.2.7", "/bar": "next"} {
		if a := get(t, table, uri); a.status != 200 || a.body != want || a.err != nil {
			t.Errorf("%s: %+v, want %q", uri, a, want)
		}
	}
}
