package interop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// newRouteTable returns the rows of all kinds, and starts what they send requests on to.
func newRouteTable(t *testing.T) *routeTable {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		fmt.Fprintf(w, "%s %s at %s\n", r.Method, r.RequestURI, r.Host)
	}))
	t.Cleanup(server.Close)
	return &routeTable{
		rows: slices.Concat(routeCalls, routeReturns, routeTexts, routeConditions, routeActions, routeJumps, routeDocumented),
		nodes: []string{
			"{uwsgi}", startRouteNode(t),
			"{ours}", startRPC(t, "unix", rpcFunctions()).String(),
			"{http}", server.Listener.Addr().String(),
			"{down}", "/nobody/s",
			"{dir}", routeFiles(t),
		},
	}
}

// startRouteNode starts a uWSGI without rules, and returns its socket.
func startRouteNode(t *testing.T) string {
	t.Helper()
	app, err := filepath.Abs("testdata/peers/routes.py")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	uwsgiProgram(t, socket, "--plugin", "python3", "--plugin", "rpc", "--wsgi-file", app, "--uwsgi-socket", socket)
	return socket
}

// routeFiles makes the folder of the action static and of the conditions of files.
func routeFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "file.txt")
	if err := os.WriteFile(file, []byte("a file\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
