package site

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// wiki makes a tree of scripts, files and traps, and returns its root.
func wiki(tb testing.TB) string {
	tb.Helper()
	outside := tb.TempDir()
	root := filepath.Join(outside, "root")
	for _, name := range []string{"index.php", "doku.php", "lib/exe/css.php", "lib/images/a b.png", "image.jpg", "style.css", "page.html",
		"dir.php/index.html", "dir.php/inner.php", "dir.php/x.css", "static/index.html", "empty/x.txt", "data/secret.php", "data/secret.txt",
		"both/index.html", "both/index.php", ".hidden.php", ".git/config", ".git/x.php", "UPPER.PHP", "old.php~", "old.php.bak", "x.php5",
		"x.phtml", "dump.sql", "sub/dump.SQL", "dots..php", "../outside.php", "../outside.txt", "a:b.php", "cache/page.html",
		".well-known/acme-challenge/token", ".well-known/x.php", ".well-known/.git/config", "caf\xe9.txt", "caf\xe9.php"} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out.php": "../outside.php", "out.txt": "../outside.txt", "outdir": "..",
		"absolute.php": filepath.Join(outside, "outside.php"), "in.php": "doku.php", "indir": "lib", "shown": "data",
		"secret.txt": "data/secret.txt", "git": ".git", "loop.php": "loop.php", "gone.php": "nothing"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			tb.Fatal(err)
		}
	}
	return root
}

// answered asks p for a path, and returns what ran: "script SCRIPT_NAME|PATH_INFO", "file PATH", or
// the status.
func answered(tb testing.TB, p *PHP, method string, params ...string) string {
	tb.Helper()
	var ran string
	own := &PHP{Root: p.Root, BackendRoot: p.BackendRoot, Mount: p.Mount, Index: p.Index, Try: p.Try, Deny: p.Deny, FollowLinks: p.FollowLinks}
	own.Scripts = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		ran = "script " + r.Params.Get("SCRIPT_NAME") + "|" + r.Params.Get("PATH_INFO")
		if q := r.Params.Get("QUERY_STRING"); q != "" {
			ran += "?" + q
		}
		return nil
	})
	own.Files = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		path, err := r.Params.Path()
		ran = "file " + path
		return err
	})
	w := httptest.NewRecorder()
	if err := own.Serve(w, &protocol.Request{Params: protocol.Pairs(append(params, "REQUEST_METHOD", method)...)}); err != nil {
		return http.StatusText(protocol.Status(err))
	}
	if to := w.Header().Get("Location"); to != "" {
		return http.StatusText(w.Code) + " " + to
	}
	return ran
}

const (
	none    = "Not Found"
	bad     = "Bad Request"
	refusal = "Forbidden"
)

func TestPHPFinds(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct{ name, path, want string }{
		{"a script", "/doku.php", "script /doku.php|"},
		{"below directories", "/lib/exe/css.php", "script /lib/exe/css.php|"},
		{"a path behind it", "/doku.php/a/b", "script /doku.php|/a/b"},
		{"a slash behind it", "/doku.php/", "script /doku.php|/"},
		{"a script's name behind it", "/doku.php/x.php/y", "script /doku.php|/x.php/y"},
		{"a dotfile's name behind it", "/doku.php/.git/config", "script /doku.php|/.git/config"},
		{"empty elements", "//lib//exe/css.php//x//", "script //lib//exe/css.php|//x//"},
		{"a directory named as a script", "/dir.php/inner.php/x", "script /dir.php/inner.php|/x"},
		{"a file in it", "/dir.php/x.css", "file /dir.php/x.css"},
		{"a link to a script within", "/in.php/x", "script /in.php|/x"},
		{"a link to a directory within", "/indir/exe/css.php", "script /indir/exe/css.php|"},
		{"dots before the ending", "/dots..php", "script /dots..php|"},
		{"a colon", "/a:b.php", "script /a:b.php|"},
		{"a script's name that is no UTF-8", "/caf\xe9.php", "script /caf\xe9.php|"},
		{"a file's", "/caf\xe9.txt", "file /caf\xe9.txt"},

		{"a file", "/style.css", "file /style.css"},
		{"with a space", "/lib/images/a b.png", "file /lib/images/a b.png"},
		{"the index of the root", "/", "script /index.php|"},
		{"the index of the root, twice", "//", "script /index.php|"},
		{"a script before a file", "/both/", "script /both/index.php|"},
		{"a file that is an index", "/static/", "file /static/index.html"},
		{"a directory without its slash", "/static", "Moved Permanently /static/"},
		{"that poses as a host", "//static", "Moved Permanently /static/"},
		{"named as a script", "/dir.php", "Moved Permanently /dir.php/"},
		{"without an index, for a list", "/empty/", "file /empty/"},
		{"without an index or a slash", "/empty", "file /empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := answered(t, &PHP{Root: root}, "GET", "PATH_INFO", tt.path); got != tt.want {
				t.Errorf("%.80q: want %.80q, got %.80q", tt.path, tt.want, got)
			}
		})
	}
}

// TestPHPRefuses: what is not there, and what nobody may have.
func TestPHPRefuses(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct{ name, path, want string }{
		{"nothing", "/nothing", none},
		{"no script", "/nothing.php", none},
		{"no script, and a path", "/nothing.php/index.php", none},
		{"a script below an image", "/image.jpg/x.php", none},
		{"a script below an image, really there", "/image.jpg/doku.php", none},
		{"an image, and a slash", "/image.jpg/", none},
		{"a script in upper case", "/doku.PHP", none},
		{"really there", "/UPPER.PHP", none},
		{"with a path", "/UPPER.PHP/x", none},
		{"a dot behind it", "/doku.php.", none},
		{"a dot, and a path", "/doku.php./x", none},
		{"a space behind it", "/doku.php ", none},
		{"a stream of Windows's", "/doku.php::$DATA", none},
		{"an editor's copy", "/old.php~", none},
		{"somebody's copy", "/old.php.bak", none},
		{"an old PHP's script", "/x.php5", none},
		{"another ending", "/x.phtml", none},
		{"a hidden script", "/.hidden.php", none},
		{"a hidden directory", "/.git/config", none},
		{"a script in it", "/.git/x.php", none},
		{"a dot", "/./doku.php", none},
		{"a file of RFC 8615", "/.well-known/acme-challenge/token", "file /.well-known/acme-challenge/token"},
		{"a script beside it", "/.well-known/x.php", none},
		{"a hidden file beside it", "/.well-known/.git/config", none},
		{"a name that begins so", "/.well-known-not/x", none},
		{"a link that leads out", "/out.php", none},
		{"with a path", "/out.php/x", none},
		{"to a file", "/out.txt", none},
		{"to a directory", "/outdir/outside.php", none},
		{"by an absolute path", "/absolute.php", none},
		{"a link to itself", "/loop.php", none},
		{"a link to a hidden directory", "/git/config", none},
		{"with a script", "/git/x.php", none},
		{"a link to nothing", "/gone.php", none},
		{"very long", "/" + strings.Repeat("x", 5000) + ".php", none},
		{"very long behind a script", "/doku.php/" + strings.Repeat("x", 5000), "script /doku.php|/" + strings.Repeat("x", 5000)},
		{"very deep", strings.Repeat("/x.php", 5000), none},

		{"up", "/../outside.php", bad},
		{"up behind a script", "/doku.php/../../outside.php", bad},
		{"up at the end", "/lib/..", bad},
		{"a newline", "/doku.php/\nx", bad},
		{"a newline before the ending", "/doku\n.php", bad},
		{"a newline at the end", "/doku.php\n", bad},
		{"a NUL", "/image.jpg\x00.php", bad},
		{"a backslash", `/..\outside.php`, bad},
		{"no path", "*", bad},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := answered(t, &PHP{Root: root}, "GET", "PATH_INFO", tt.path); got != tt.want {
				t.Errorf("%.80q: want %.80q, got %.80q", tt.path, tt.want, got)
			}
		})
	}
}

// TestPHPByFronts: fronts divide the path in other ways, or send its encoded form alone.
func TestPHPByFronts(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct {
		name   string
		params []string
		want   string
	}{
		{"nginx without a split", []string{"SCRIPT_NAME", "/doku.php/x"}, "script /doku.php|/x"},
		{"nginx with one", []string{"SCRIPT_NAME", "/doku.php", "PATH_INFO", "/x"}, "script /doku.php|/x"},
		{"a wrong one", []string{"SCRIPT_NAME", "/lib", "PATH_INFO", "/exe/css.php/x"}, "script /lib/exe/css.php|/x"},
		{"a target alone", []string{"REQUEST_URI", "/doku.php/a%20b?x"}, "script /doku.php|/a b"},
		{"dots, encoded", []string{"REQUEST_URI", "/%2e%2e/outside.php"}, bad},
		{"dots and a slash, encoded", []string{"REQUEST_URI", "/%2e%2e%2foutside.php"}, bad},
		{"twice encoded", []string{"REQUEST_URI", "/%252e%252e/outside.php"}, none},
		{"a slash, encoded", []string{"REQUEST_URI", "/image.jpg%2fx.php"}, none},
		{"a NUL, encoded", []string{"REQUEST_URI", "/image.jpg%00.php"}, bad},
		{"a newline, encoded", []string{"REQUEST_URI", "/doku.php/%0ax"}, bad},
		{"a backslash, encoded", []string{"REQUEST_URI", "/%5c..%5coutside.php"}, bad},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := answered(t, &PHP{Root: root}, "GET", tt.params...); got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

// TestPHPVariables: a script is told what is true, whatever the front has said.
func TestPHPVariables(t *testing.T) {
	root := wiki(t)
	lies := []string{"SCRIPT_FILENAME", "/etc/passwd", "DOCUMENT_ROOT", "/etc", "DOCUMENT_URI", "/x", "PATH_TRANSLATED", "/etc/passwd",
		"REDIRECT_STATUS", "404", "ORIG_PATH_INFO", "/x", "PHP_VALUE", "auto_prepend_file=/tmp/x", "PHP_ADMIN_VALUE", "x=y", "SCRIPT_FILENAME", "/etc/shadow"}
	for _, tt := range []struct {
		name, path string
		site       *PHP
		want       map[string]string
	}{
		{"a script", "/lib/exe/css.php", &PHP{}, map[string]string{"SCRIPT_FILENAME": root + "/lib/exe/css.php", "SCRIPT_NAME": "/lib/exe/css.php",
			"DOCUMENT_ROOT": root, "DOCUMENT_URI": "/lib/exe/css.php"}},
		{"with a path", "/doku.php/a/b", &PHP{}, map[string]string{"SCRIPT_FILENAME": root + "/doku.php", "SCRIPT_NAME": "/doku.php",
			"DOCUMENT_ROOT": root, "DOCUMENT_URI": "/doku.php/a/b", "PATH_INFO": "/a/b", "PATH_TRANSLATED": root + "/a/b"}},
		{"in a container", "/doku.php/a", &PHP{BackendRoot: "/var/www/"}, map[string]string{"SCRIPT_FILENAME": "/var/www/doku.php", "SCRIPT_NAME": "/doku.php",
			"DOCUMENT_ROOT": "/var/www", "DOCUMENT_URI": "/doku.php/a", "PATH_INFO": "/a", "PATH_TRANSLATED": "/var/www/a"}},
		{"in a root of its own", "/doku.php", &PHP{BackendRoot: "/"}, map[string]string{"SCRIPT_FILENAME": "/doku.php", "SCRIPT_NAME": "/doku.php",
			"DOCUMENT_ROOT": "/", "DOCUMENT_URI": "/doku.php"}},
		{"at a mount", "/wiki/doku.php/a", &PHP{Mount: "/wiki/"}, map[string]string{"SCRIPT_FILENAME": root + "/doku.php", "SCRIPT_NAME": "/wiki/doku.php",
			"DOCUMENT_ROOT": root, "DOCUMENT_URI": "/wiki/doku.php/a", "PATH_INFO": "/a", "PATH_TRANSLATED": root + "/a"}},
		{"an index", "/both/", &PHP{}, map[string]string{"SCRIPT_FILENAME": root + "/both/index.php", "SCRIPT_NAME": "/both/index.php",
			"DOCUMENT_ROOT": root, "DOCUMENT_URI": "/both/index.php"}},
		{"empty elements", "/lib//exe/css.php", &PHP{}, map[string]string{"SCRIPT_FILENAME": root + "/lib/exe/css.php", "SCRIPT_NAME": "/lib//exe/css.php",
			"DOCUMENT_ROOT": root, "DOCUMENT_URI": "/lib//exe/css.php"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got map[string]string
			p := tt.site
			p.Root = root
			p.Scripts = protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
				got = make(map[string]string)
				for name, value := range r.Params.All() {
					if _, twice := got[name]; twice {
						t.Errorf("%s is there twice", name)
					}
					got[name] = value
				}
				return nil
			})
			params := protocol.Pairs(append(lies, "REQUEST_METHOD", "GET", "PATH_INFO", tt.path, "REQUEST_URI", tt.path, "HTTP_HOST", "wiki")...)
			if err := p.Serve(httptest.NewRecorder(), &protocol.Request{Params: params}); err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"REQUEST_METHOD": "GET", "REQUEST_URI": tt.path, "HTTP_HOST": "wiki", "REDIRECT_STATUS": "200"} {
				tt.want[name] = value
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if params.Get("SCRIPT_FILENAME") != "/etc/shadow" {
				t.Error("the front's own variables were changed")
			}
		})
	}
}

func TestPHPFollowsLinks(t *testing.T) {
	root := wiki(t)
	for path, want := range map[string]string{
		"/out.php/x": "script /out.php|/x", "/out.txt": "file /out.txt", "/outdir/outside.php": "script /outdir/outside.php|", "/style.css": "file /style.css",
		"/loop.php": none, "/gone.php": none, "/image.jpg/x.php": none, "/.git/config": none, "/../outside.php": bad,
	} {
		if got := answered(t, &PHP{Root: root, FollowLinks: true}, "GET", "PATH_INFO", path); got != want {
			t.Errorf("%s: want %q, got %q", path, want, got)
		}
	}
}

func TestPHPMounted(t *testing.T) {
	root := wiki(t)
	for path, want := range map[string]string{
		"/wiki/style.css": "file /wiki/style.css", "/wiki/": "script /wiki/index.php|", "/wiki": "Moved Permanently /wiki/",
		"/wiki/static": "Moved Permanently /wiki/static/", "/other/style.css": none, "/wikistyle.css": none,
	} {
		if got := answered(t, &PHP{Root: root, Mount: "/wiki"}, "GET", "PATH_INFO", path); got != want {
			t.Errorf("%s: want %q, got %q", path, want, got)
		}
	}
}

// TestPHPRedirects: the query stays, and a body is not lost.
func TestPHPRedirects(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct{ method, want string }{
		{"GET", "Moved Permanently /a%20b/?x=%41"}, {"HEAD", "Moved Permanently /a%20b/?x=%41"}, {"POST", "Permanent Redirect /a%20b/?x=%41"},
	} {
		if err := os.MkdirAll(filepath.Join(root, "a b"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "a b/index.php"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := answered(t, &PHP{Root: root}, tt.method, "PATH_INFO", "/a b", "QUERY_STRING", "x=%41"); got != tt.want {
			t.Errorf("%s: want %q, got %q", tt.method, tt.want, got)
		}
	}
}

func TestPHPCheck(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct {
		site *PHP
		want string
	}{
		{&PHP{Root: root, Mount: "/x", Index: []string{"index.php", "home.html"}}, ""},
		{&PHP{Root: root + "/nothing"}, "no such file"},
		{&PHP{Root: root + "/style.css"}, "is no directory"},
		{&PHP{Root: root, Mount: "x"}, `mount "x"`},
		{&PHP{Root: root, BackendRoot: "www"}, `"www", is no absolute path`},
		{&PHP{Root: root, Index: []string{""}}, `index ""`},
		{&PHP{Root: root, Index: []string{".index.php"}}, `index ".index.php"`},
		{&PHP{Root: root, Index: []string{"../index.php"}}, `index "../index.php"`},
	} {
		if err := tt.site.Check(); err == nil && tt.want != "" || err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("want %q, got %v", tt.want, err)
		}
	}
}

// TestPHPLacks: what cannot be served is not found, and a root that is gone is the site's own
// fault.
func TestPHPLacks(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct {
		site   *PHP
		path   string
		status int
	}{
		{&PHP{Root: root}, "/doku.php", 404},
		{&PHP{Root: root}, "/style.css", 404},
		{&PHP{Root: root + "/nothing"}, "/doku.php", 500},
	} {
		err := tt.site.Serve(httptest.NewRecorder(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "PATH_INFO", tt.path)})
		if _, ok := errors.AsType[*protocol.Error](err); !ok || protocol.Status(err) != tt.status {
			t.Errorf("%s: want status %d, got %v", tt.path, tt.status, err)
		}
	}
}
