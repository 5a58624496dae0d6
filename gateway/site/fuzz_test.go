package site_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// secretText is what stands in each file that nobody may see.
const secretText = "SECRET"

// newSecrets writes a tree of public files among others, and returns it.
func newSecrets(t testing.TB) string {
	outside := t.TempDir()
	root := filepath.Join(outside, "root")
	for _, name := range []string{"a.txt", "sub/b.txt", "sub/index.html", ".well-known/c.txt", "evil.example/index.html"} {
		write(t, filepath.Join(root, name), "public")
	}
	for _, name := range []string{"../secret.txt", ".env", ".git/config", "sub/.env", "index.php", "x.php", "x.PHP", "x.php~", "x.php.bak", "x.php.gz",
		"sub/y.phtml", "z.phar", "...", ".. ", "sub/.well-known/d.txt"} {
		write(t, filepath.Join(root, name), secretText)
	}
	for link, to := range map[string]string{"up": "..", "out.txt": "../secret.txt", "sub/up": "../..", "absolute": filepath.Join(outside, "secret.txt")} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// FuzzPath asks for a path in every form: as the variables of a front, which have decoded it, and
// as a target. Nothing outside of the root is read, no dotfile and no script; a redirect names no
// host.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		"/", "/a.txt", "/sub", "/sub/", "//evil.example", "/evil.example", "/sub/../../secret.txt", "/..", "/../secret.txt", "/up/secret.txt",
		"/sub/up/secret.txt", "/out.txt", "/absolute", "/.env", "/sub/.env", "/.git/config", "/.well-known/c.txt", "/sub/.well-known/d.txt",
		"/.well-known/../.env", "/.well-known/../../secret.txt", "/index.php", "/x.PHP", "/x.php~", "/x.php.bak", "/x.php.gz", "/x.php/", "/x.php/a",
		"/x.php.", "/x.php ", "/x.php\x00.txt", "/x.ph\u017f", "/sub/y.phtml", "/z.phar", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub%5c..%5cx.php",
		"/..\\secret.txt", "\\..\\secret.txt", "/a.txt%00", "/...", "/.. ", "/./a.txt", "a.txt", "", "?", "/a.txt?/../x.php", "http://host/.env", "/\r\nx: y",
		"/sub//\\evil.example/..", "/%ff", "/%", "*",
	} {
		f.Add(path, "/")
		f.Add("/", path)
	}
	root := newSecrets(f)
	f.Fuzz(func(t *testing.T, path, target string) {
		for _, files := range []*site.Files{{Root: root}, {Root: root, Listing: true, Mount: "/"}, {Root: root, Index: []string{"index.php", "x.php~", "index.html"}}} {
			rec := httptest.NewRecorder()
			loop := &protocol.Loop{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
				out := r.Clone(r.Context())
				out.Params.Set("PATH_INFO", path)
				out.Params.Set("REQUEST_URI", target)
				return files.Serve(w, out)
			}), Log: slog.New(slog.DiscardHandler)}
			loop.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
			body := rec.Body.String()
			if strings.Contains(body, secretText) {
				t.Errorf("%q, %q: %d %s", path, target, rec.Code, body)
			}
			if to := rec.Header().Get("Location"); rec.Code == 301 && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\")) {
				t.Errorf("%q, %q: redirects to %q", path, target, to)
			}
			if rec.Code == 200 && files.Listing && strings.Contains(body, `"./.env"`) {
				t.Errorf("%q, %q: lists %s", path, target, body)
			}
		}
	})
}
