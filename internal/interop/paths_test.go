package interop

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// A pathBackend is a backend that tells how the path was divided for it.
type pathBackend struct {
	to     string // the endpoint
	format string // of a variable and its value
}

// pathBackends are uWSGI by each protocol that it knows, a script, and a server of HTTP, which has
// X-Forwarded-Prefix for a SCRIPT_NAME.
func pathBackends(t *testing.T) map[string]pathBackend {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "SCRIPT_NAME=%s\nPATH_INFO=%s\n", r.Header.Get("X-Forwarded-Prefix"), r.URL.Path)
	}))
	t.Cleanup(web.Close)
	const line = "%s=%s\n"
	backends := map[string]pathBackend{
		"cgi": {"cgi:" + filepath.Join(scriptDir(t, "env.sh"), "env.sh"), line}, "http": {web.URL, line},
	}
	sockets := startUWSGI(t)
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		backends[name] = pathBackend{name + "+unix:" + filepath.Join(sockets, name), `["%s", "%s"]`}
	}
	return backends
}

// divided fails unless a backend was told that it stands at mount, with rest after that.
func (b *pathBackend) divided(t *testing.T, r *reply, mount, rest string) {
	t.Helper()
	r.want(t, 200).contains(t, fmt.Sprintf(b.format, "SCRIPT_NAME", mount), fmt.Sprintf(b.format, "PATH_INFO", rest))
}

// behindPaths is nginx, before Postern, before the backend at an endpoint.
func behindPaths(t *testing.T, to string) *site {
	t.Helper()
	sockets := t.TempDir()
	startPrograms(t, new(logbook), sockets, to)
	c := startFront(t, peersFront(), "paths", &net.UnixAddr{Net: "unix", Name: sockets}, "")
	s := peerWay("http", loopback(c.Port))
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// TestPathsOfBackends holds SCRIPT_NAME and PATH_INFO together to the URL's path (RFC 3875 section
// 3.3), whoever is the backend: Fossil below /repos is such a case, and nginx's modifier1 30
// another.
func TestPathsOfBackends(t *testing.T) {
	needPeers(t)
	t.Parallel()
	for name, b := range pathBackends(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("mount", func(t *testing.T) {
				s := behindPaths(t, b.to+"?mount=/repos")
				for _, way := range []string{"fastcgi", "scgi", "uwsgi"} {
					b.divided(t, s.do(t, call{path: "/repos/" + way + "/a%20b/vars?q"}), "/repos", "/"+way+"/a b/vars")
					s.do(t, call{path: "/repository/" + way + "/vars"}).want(t, 404).wantBody(t, "404 Not Found\n")
				}
			})
			t.Run("modifier1 30", func(t *testing.T) {
				to := b.to
				if name == "cgi" || name == "http" { // who divide anew
					to += "?mount=/test"
				}
				b.divided(t, behindPaths(t, to).do(t, call{path: "/test/c/vars"}), "/test", "/c/vars")
			})
		})
	}
}
