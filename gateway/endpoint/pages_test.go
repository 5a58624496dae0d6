package endpoint_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// Who asks for a script that is not there, or that may not run, is told so and not where the server
// has looked for it, whatever protocol the request comes by. The log has that.
func TestScriptPagesNameNoPath(t *testing.T) {
	root := scripts(t)
	for _, in := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		for path, want := range map[string]string{
			"/none.cgi": "404 Not Found\n", "/a.cgi/../x": "400 Bad Request\n", "/dir/": "403 Forbidden\n", "/plain.txt": "403 Forbidden\n",
			"/out.cgi": "403 Forbidden\n", "/x" + strings.Repeat("x", 300): "404 Not Found\n",
		} {
			t.Run(in+path[:min(len(path), 20)], func(t *testing.T) {
				c := between(t, in, "cgi:"+root+"/")
				res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", path, "PATH_INFO", path,
					"SERVER_PROTOCOL", "HTTP/1.1", "SERVER_NAME", "postern.test", "SERVER_PORT", "80", "HTTP_HOST", "postern.test")})
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				page, err := io.ReadAll(res.Body)
				if string(page) != want || err != nil {
					t.Errorf("the page is %q, %v, want %q", page, err, want)
				}
				for name, values := range res.Header {
					if strings.Contains(strings.Join(values, " "), root) {
						t.Errorf("%s: %q", name, values)
					}
				}
			})
		}
	}
}

// scripts is a tree with things in it that may not be run.
func scripts(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a.cgi": 0o755, "plain.txt": 0o644} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("#!/bin/sh\necho\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{os.Mkdir(filepath.Join(root, "dir"), 0o755), os.Symlink("/bin/sh", filepath.Join(root, "out.cgi"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// between is a client of Postern's, which listens by the protocol in and sends on to the endpoint
// to.
func between(t *testing.T, in, to string) protocol.RoundTripper {
	t.Helper()
	backend, err := endpoint.NewClient(to, nil)
	if err != nil {
		t.Fatal(err)
	}
	address := in + "+unix:" + socket(t)
	t.Cleanup(func() { backend.Close() })
	listenWith(t, address, &gateway.Proxy{Backend: backend})
	c, err := endpoint.NewClient(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
