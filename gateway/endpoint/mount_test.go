package endpoint_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// tellPath is a handler that says how the path was divided for it, and what it was asked for.
func tellPath() protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		p := r.Params
		_, err := fmt.Fprintf(w, "%s|%s|%s|%s", p.Get("SCRIPT_NAME"), p.Get("PATH_INFO"), p.Get("REQUEST_URI"), p.Get("HTTP_X_FORWARDED_PREFIX"))
		return err
	})
}

// tellPathScript is the same as a CGI program.
const tellPathScript = `#!/bin/sh
printf 'Content-Type: text/plain\n\n%s|%s|%s|%s' "$SCRIPT_NAME" "$PATH_INFO" "$REQUEST_URI" "$HTTP_X_FORWARDED_PREFIX"
`

// listenWith serves h at an address until the test ends.
func listenWith(t *testing.T, address string, h protocol.Handler) {
	t.Helper()
	l := listen(t, address)
	s := &gateway.Server{Handler: h}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Serve(s)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
}

// Whoever is the backend, below a mount its SCRIPT_NAME is the mount, and its PATH_INFO what
// follows. A backend by HTTP has no SCRIPT_NAME: the mount is cut off its target, and told by
// X-Forwarded-Prefix.
func TestMountOfEachBackend(t *testing.T) {
	script := filepath.Join(t.TempDir(), "tell.cgi")
	if err := os.WriteFile(script, []byte(tellPathScript), 0o755); err != nil {
		t.Fatal(err)
	}
	backends := map[string]string{"cgi": "cgi:" + script}
	for _, out := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		backends[out] = out + "+unix:" + socket(t)
		listenWith(t, backends[out], tellPath())
	}
	const outside = "404 Not Found\n"
	for _, row := range []struct{ mount, target, path, want, http string }{
		{"/repos", "/repos/a/b?c=d", "/repos/a/b", "/repos|/a/b|/repos/a/b?c=d|/spoofed", "|/a/b|/a/b?c=d|/repos"},
		{"/repos", "/repos", "/repos", "/repos||/repos|/spoofed", "|/|/|/repos"},
		{"/repos", "/repos?", "/repos", "/repos||/repos?|/spoofed", "|/|/?|/repos"},
		{"/repos//", "/repos/x", "/repos/x", "/repos|/x|/repos/x|/spoofed", "|/x|/x|/repos"},
		{"/a b", "/a%20%62/c%2Fd%20e", "/a b/c/d e", "/a b|/c/d e|/a%20%62/c%2Fd%20e|/spoofed", "|/c/d e|/c%2Fd%20e|/a b"},
		{"/repos", "/repos%2Fx", "/repos/x", "/repos|/x|/repos%2Fx|/spoofed", "|/x|/x|/repos"},
		// the front has rewritten it
		{"/repos", "/old/x?y", "/repos/a b", "/repos|/a b|/old/x?y|/spoofed", "|/a b|/a%20b?query|/repos"},
		{"/", "/x/y", "/x/y", "|/x/y|/x/y|/spoofed", "|/x/y|/x/y|"},
		{"/repos", "/repository", "/repository", outside, outside},
		{"/repos", "/", "/", outside, outside},
	} {
		for out, address := range backends {
			want := row.want
			if out == "http" {
				want = row.http
			}
			c := between(t, "scgi", address+"?mount="+row.mount)
			res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", row.target,
				"PATH_INFO", row.path, "QUERY_STRING", "query", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "postern.test", "HTTP_X_FORWARDED_PREFIX", "/spoofed")})
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); string(b) != want || err != nil {
				t.Errorf("%s: %s at %s: %q, %v, want %q", out, row.target, row.mount, b, err, want)
			}
			res.Body.Close()
		}
	}
}

// What a param option says goes before the mount.
func TestMountAndParam(t *testing.T) {
	address := "fastcgi+unix:" + socket(t)
	listenWith(t, address, tellPath())
	got, err := call(t, address+"?mount=/&param=SCRIPT_NAME=/index.php")
	if want := "/index.php|/|/|"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestMountWithoutASlash(t *testing.T) {
	dir := t.TempDir()
	for _, url := range []string{"scgi://:4000?mount=app", "http://:80?mount=app", "cgi:" + dir + "/?mount=app"} {
		_, err := endpoint.NewClient(url, nil)
		if err == nil {
			t.Fatalf("%s: no error", url)
		}
		checkLine(t, url, err, `bad mount "app": write it with a slash before it, as in mount=/app`)
	}
}
