package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Rules of a file and of flags are tried in the order of the command line, and what none of them
// ends goes on to the backend.
func TestRoutes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.ini")
	rules := "[uwsgi]\nhttp-socket = :9090\nroute = ^/foo rpc:echo ${REQUEST_URI} ${REMOTE_ADDR}\nroute = ^/both send:file\n"
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	urls := startServe(t, 1, "--to", "demo:?rpc=1", "--listen", "http://127.0.0.1:0", "--log-level", "error",
		"--route", "^/both send:first-", "--routes", file, "--route", "^/both send:-last",
		"--route", "route-if = equal:${QUERY_STRING};teapot break:418 I'm a teapot")
	for path, want := range map[string]string{
		"/foo?x":     "200 /foo?x|127.0.0.1",
		"/both":      "200 first-file-last",
		"/bytes?n=3": "200 ",
		"/x?teapot":  "418 ",
		"/nobody":    "404 no such path",
	} {
		res, err := http.Get(urls[0] + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if got := res.Status[:4] + string(b); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
