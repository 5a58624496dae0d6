package site_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

var modified = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// contents are the files of the tree that the tests serve.
var contents = map[string]string{
	"index.html": "<p>start", "a.txt": "0123456789", "style.css": "body {}", "style.css.gz": "gzipped", "style.css.br": "by brotli",
	"style.css.zst": "by zstd!", "photo.JPG": "jpeg", "photo.jpg.gz": "no", "noext": "bytes", "page.x-unknown": "what",
	"sub/index.html": "<p>sub", "empty/.keep": "", "a b/ü&<i>.txt": "odd", "evil.example/index.html": "<p>evil",
	".htaccess": "deny", ".git/config": "secret", ".well-known/acme-challenge/token": "acme", "sub/.well-known/x": "no",
	"index.php": "<?php", "UPPER.PhP": "<?php", "a.php~": "<?php", "a.php.bak": "<?php", "a.php.gz": "<?php", "a.phtml": "<?php",
	"a.phpx": "no php", "php": "no php", "a.php.txt": "<?php", "a.includes.txt": "text",
	"dir.php/inside.txt": "no", "caf\xe9.txt": "Latin-1",
}

// newTree writes contents below a directory, and returns it.
func newTree(t testing.TB) string {
	t.Helper()
	outside := t.TempDir()
	root := filepath.Join(outside, "root")
	for name, text := range contents {
		write(t, filepath.Join(root, name), text)
	}
	write(t, filepath.Join(outside, "secret.txt"), "outside")
	for link, to := range map[string]string{"out.txt": "../secret.txt", "absolute.txt": filepath.Join(outside, "secret.txt"), "up": "..",
		"in.txt": "a.txt", "loop": "loop", "dangling": "nothing"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func write(t testing.TB, name, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o644)
	}
	if err == nil {
		err = os.Chtimes(name, modified, modified)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// get asks h for a target and returns the answer in a line: status, body, and the fields that are
// asked for.
func get(t testing.TB, h protocol.Handler, method, target string, header http.Header, show ...string) string {
	t.Helper()
	hr := httptest.NewRequest(method, "/", nil)
	hr.RequestURI = target
	path, query, _ := strings.Cut(target, "?")
	hr.URL.Path, hr.URL.RawQuery = unescape(t, path), query
	for name, values := range header {
		hr.Header[name] = values
	}
	rec := httptest.NewRecorder()
	loop := &protocol.Loop{Handler: h, Log: slog.New(slog.DiscardHandler)}
	loop.ServeHTTP(rec, hr)
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answerText(rec.Code, body, rec.Header(), show)
}

func answerText(status int, body []byte, h http.Header, show []string) string {
	text := fmt.Sprintf("%d %s", status, strings.TrimSpace(string(body)))
	for _, name := range show {
		text += " | " + strings.Join(h[name], ",")
	}
	if len(show) == 0 && len(body) == 0 {
		return strings.TrimSpace(text)
	}
	return text
}

func TestPaths(t *testing.T) {
	root := newTree(t)
	byDefault := site.Files{Root: root}
	listing, hidden, follow, mounted, sources := byDefault, byDefault, byDefault, byDefault, byDefault
	listing.Listing, hidden.Hidden, follow.FollowLinks, mounted.Mount, sources.Scripts = true, true, true, "/m/", []string{}
	const missing, forbidden, bad = "404 404 Not Found", "403 403 Forbidden", "400 400 Bad Request"
	for _, row := range []struct {
		name   string
		files  site.Files
		target string
		want   string
	}{
		{"a file", byDefault, "/a.txt", "200 0123456789"},
		{"a name that is no UTF-8", byDefault, "/caf%E9.txt", "200 Latin-1"},
		{"doubled slashes", byDefault, "//a%20b///%C3%BC&%3Ci%3E.txt", "200 odd"},
		{"the index of the root", byDefault, "/", "200 <p>start"},
		{"an index", byDefault, "/sub/", "200 <p>sub"},
		{"a directory without an index", byDefault, "/a%20b/", forbidden},
		{"nothing", byDefault, "/nothing", missing},
		{"below a file", byDefault, "/a.txt/x", missing},
		{"a file with a slash", byDefault, "/a.txt/", missing},
		{"a long name", byDefault, "/" + strings.Repeat("x", 300), missing},
		{"a dotfile", byDefault, "/.htaccess", missing},
		{"below a dot directory", byDefault, "/.git/config", missing},
		{"a dotfile of a directory", byDefault, "/empty/.keep", missing},
		{"acme", byDefault, "/.well-known/acme-challenge/token", "200 acme"},
		{"a well-known further down", byDefault, "/sub/.well-known/x", missing},
		{"a dotfile, allowed", hidden, "/.htaccess", "200 deny"},
		{"up", byDefault, "/../secret.txt", bad},
		{"up, encoded", byDefault, "/%2e%2e/secret.txt", bad},
		{"up, further down", byDefault, "/sub/../../secret.txt", bad},
		{"up, hidden names allowed", hidden, "/../secret.txt", bad},
		{"the same directory", hidden, "/./a.txt", bad},
		{"an encoded slash", byDefault, "/sub%2findex.html", bad},
		{"an encoded slash in the query", byDefault, "/a.txt?x=%2f", "200 0123456789"},
		{"a backslash", byDefault, "/sub\\index.html", bad},
		{"an encoded backslash", byDefault, "/sub%5Cindex.html", bad},
		{"a NUL", byDefault, "/a.txt%00.css", bad},
		{"a script", byDefault, "/index.php", missing},
		{"a script in capitals", byDefault, "/UPPER.PhP", missing},
		{"a script's copy by an editor", byDefault, "/a.php~", missing},
		{"a script's copy by hand", byDefault, "/a.php.bak", missing},
		{"a script, compressed", byDefault, "/a.php.gz", missing},
		{"another script", byDefault, "/a.phtml", missing},
		{"below a directory called as a script", byDefault, "/dir.php/inside.txt", missing},
		{"a name that PHP may be told is a script's", byDefault, "/a.phpx", missing},
		{"a script's copy with an ending of text", byDefault, "/a.php.txt", missing},
		{"an ending in a word", byDefault, "/a.includes.txt", "200 text"},
		{"no ending", byDefault, "/php", "200 no php"},
		{"no script either", byDefault, "/php", "200 no php"},
		{"a script, allowed", sources, "/index.php", "200 <?php"},
		{"a link inside", byDefault, "/in.txt", "200 0123456789"},
		{"a link outside", byDefault, "/out.txt", missing},
		{"an absolute link", byDefault, "/absolute.txt", missing},
		{"through a link", byDefault, "/up/secret.txt", missing},
		{"a loop", byDefault, "/loop", missing},
		{"a link to nothing", byDefault, "/dangling", missing},
		{"a link outside, followed", follow, "/out.txt", "200 outside"},
		{"a path, links followed", follow, "/sub/", "200 <p>sub"},
		{"a loop, links followed", follow, "/loop", missing},
		{"mounted", mounted, "/m/a.txt", "200 0123456789"},
		{"mounted, the root", mounted, "/m/", "200 <p>start"},
		{"not below the mount", mounted, "/a.txt", missing},
		{"listing", listing, "/sub/", "200 <p>sub"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := get(t, &row.files, "GET", row.target, nil); got != row.want {
				t.Errorf("%s: %q, want %q", row.target, got, row.want)
			}
		})
	}
}

func unescape(t testing.TB, path string) string {
	t.Helper()
	plain, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
