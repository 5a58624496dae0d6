package site_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/gateway/site"
)

// A link gives no other name to what is not served by its own.
func TestLinksToWhatIsNotServed(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	for _, name := range []string{"x.php", ".env", ".git/config", "..data/plain.txt", "..data/y.php", "lib.php-1/z.txt", "sub/b.txt", "style.css", "both.css", "dir/.keep", "../other/x.php", "../other/.x", "../other/x.txt"} {
		write(t, filepath.Join(root, name), "of "+name)
	}
	for link, to := range map[string]string{
		"a.txt": "x.php", "chain.txt": "a.txt", "env.txt": ".env", "git": ".git", "deep/er/a.txt": "../../x.php", "data.txt": "..data/plain.txt",
		"y.txt": "..data/y.php", "lib": "lib.php-1", "here": ".", "s": "sub", "b.txt": "s/b.txt", "style.css.gz": "x.php", "both.css.gz": "style.css",
		"dir/index.html": "../x.php", "b.php": "sub/b.txt", "out.txt": "../other/x.php", "hid.txt": "../other/.x", "plain.txt": "../other/x.txt",
		"acme": ".well-known",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, ".well-known/token"), "acme")
	linked := filepath.Join(t.TempDir(), "current")
	if err := os.Symlink(root, linked); err != nil {
		t.Fatal(err)
	}
	byDefault, hidden, follow, sources := site.Files{Root: root}, site.Files{Root: root, Hidden: true}, site.Files{Root: root, FollowLinks: true}, site.Files{Root: root, Scripts: []string{}}
	behind := site.Files{Root: linked}
	const missing = "404 404 Not Found"
	for _, row := range []struct {
		name   string
		files  *site.Files
		target string
		want   string
	}{
		{"a script", &byDefault, "/a.txt", missing},
		{"a script, by two links", &byDefault, "/chain.txt", missing},
		{"a script, links followed", &follow, "/a.txt", missing},
		{"a script outside, links followed", &follow, "/out.txt", missing},
		{"a script above", &byDefault, "/deep/er/a.txt", missing},
		{"a script as an index", &byDefault, "/dir/", missing},
		{"a script below ..data", &byDefault, "/y.txt", missing},
		{"below a directory called as a script", &byDefault, "/lib/z.txt", missing},
		{"a script, the root a link", &behind, "/a.txt", missing},
		{"a dotfile", &byDefault, "/env.txt", missing},
		{"below a dot directory", &byDefault, "/git/config", missing},
		{"by a link to here", &byDefault, "/here/here/env.txt", missing},

		{"a script, sources allowed", &sources, "/a.txt", "200 of x.php"},
		{"a dotfile, allowed", &hidden, "/env.txt", "200 of .env"},
		{"a dotfile, links followed", &follow, "/git/config", "200 of .git/config"},
		{"outside, links followed", &follow, "/plain.txt", "200 of ../other/x.txt"},
		{"as Kubernetes mounts files", &byDefault, "/data.txt", "200 of ..data/plain.txt"},
		{"a link to here", &byDefault, "/here/sub/b.txt", "200 of sub/b.txt"},
		{"two links", &byDefault, "/b.txt", "200 of sub/b.txt"},
		{"the root a link", &behind, "/b.txt", "200 of sub/b.txt"},
		{"of RFC 8615", &byDefault, "/acme/token", "200 acme"},
		{"a name of a script for a text", &byDefault, "/b.php", missing},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := get(t, row.files, "GET", row.target, nil); got != row.want {
				t.Errorf("%s: %q, want %q", row.target, got, row.want)
			}
		})
	}
	gzip := http.Header{"Accept-Encoding": {"gzip"}}
	if got := get(t, &byDefault, "GET", "/style.css", gzip, "Content-Encoding"); got != "200 of style.css | " {
		t.Errorf("a neighbour that is a link to a script: %q", got)
	}
	if got := get(t, &byDefault, "GET", "/both.css", gzip, "Content-Encoding"); got != "200 of style.css | gzip" {
		t.Errorf("a neighbour that is a link: %q", got)
	}
}

// Files that are replaced all the while are found all the while.
func TestReplacedWhileServed(t *testing.T) {
	root := t.TempDir()
	name := filepath.Join(root, "a.txt")
	write(t, name, "text")
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			err := os.WriteFile(name+".new", []byte("text"), 0o644)
			if err == nil {
				err = os.Rename(name+".new", name)
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	for range 500 {
		if got := get(t, &site.Files{Root: root}, "GET", "/a.txt", nil); got != "200 text" {
			t.Errorf("%q", got)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
