package cgi

import (
	"os"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// whereSh prints how a script was found.
const whereSh = "#!/bin/sh\nprintf 'X: 1\\n\\n'; echo \"$SCRIPT_NAME|$PATH_INFO|${SCRIPT_FILENAME##*/tree}|$0\" | sed s,/tmp.*/tree,,"

// tree is a directory of scripts, with what must not be reached beside it.
func (b *bench) tree() {
	b.Helper()
	for _, name := range []string{"tree/a.cgi", "tree/sub/b.cgi", "tree/sub/index.cgi", "tree/..c.cgi", "tree/%2e.cgi", "outside.cgi", "tree-2/d.cgi", "tree/a b.cgi",
		"tree/git/hook"} {
		b.write(name, whereSh)
	}
	b.write("tree/plain.txt", "secret\n")
	os.Chmod(b.dir+"/tree/plain.txt", 0o644)
	os.Mkdir(b.dir+"/tree/empty", 0o755)
	b.fifo("tree/fifo")
	for name, target := range map[string]string{"in.cgi": "sub/b.cgi", "inabs.cgi": b.dir + "/tree/a.cgi", "out.cgi": "../outside.cgi", "outabs.cgi": "/bin/true", "up": "..",
		"subdir": "sub", "dangling.cgi": "none", "circle": "circle", "sibling": "../tree-2"} {
		if err := os.Symlink(target, b.dir+"/tree/"+name); err != nil {
			b.Fatal(err)
		}
	}
	b.c.Dir = &Dir{Root: b.dir + "/tree"}
}

func TestDir(t *testing.T) {
	for _, row := range []struct {
		text   string
		dir    Dir // without its root
		path   string
		status int    // 0: 200
		want   string // of the body, or of the error
	}{
		{text: "a script", path: "/a.cgi", want: "/a.cgi||/a.cgi|/a.cgi"},
		{text: "with the rest of the path", path: "/a.cgi/x/y", want: "/a.cgi|/x/y|/a.cgi|/a.cgi"},
		{text: "with a slash", path: "/a.cgi/", want: "/a.cgi|/|/a.cgi|/a.cgi"},
		{text: "with another script's name", path: "/a.cgi/sub/b.cgi", want: "/a.cgi|/sub/b.cgi|/a.cgi|/a.cgi"},
		{text: "further down", path: "/sub/b.cgi/x", want: "/sub/b.cgi|/x|/sub/b.cgi|/sub/b.cgi"},
		{text: "two slashes", path: "//sub//b.cgi//x", want: "//sub//b.cgi|//x|/sub/b.cgi|/sub/b.cgi"},
		{text: "a space", path: "/a b.cgi", want: "/a b.cgi||/a b.cgi|/a b.cgi"},
		{text: "below a prefix", dir: Dir{Prefix: "/cgi-bin/"}, path: "/cgi-bin/a.cgi/x", want: "/cgi-bin/a.cgi|/x|/a.cgi|/a.cgi"},
		{text: "not below the prefix", dir: Dir{Prefix: "/cgi-bin"}, path: "/a.cgi", status: 404, want: "not below /cgi-bin"},
		{text: "beside the prefix", dir: Dir{Prefix: "/cgi-bin"}, path: "/cgi-bin2/a.cgi", status: 404, want: "not below /cgi-bin"},
		{text: "an index", dir: Dir{Index: []string{"none.cgi", "index.cgi"}}, path: "/sub/", want: "/sub/index.cgi||/sub/index.cgi|/sub/index.cgi"},
		{text: "an index without its slash", dir: Dir{Index: []string{"index.cgi"}}, path: "/sub", status: 301, want: "/sub/"},
		{text: "an index that is nobody's host", dir: Dir{Index: []string{"index.cgi"}}, path: "//sub", status: 301, want: "/sub/"},
		{text: "a directory", path: "/sub/", status: 403, want: "a directory"},
		{text: "a directory without that index", dir: Dir{Index: []string{"index.cgi"}}, path: "/empty/", status: 403, want: "a directory"},
		{text: "the root", path: "/", status: 403, want: "a directory"},
		{text: "nothing there", path: "/none.cgi", status: 404, want: "/none.cgi: "},
		{text: "a name that is too long", path: "/" + strings.Repeat("x", 300), status: 404, want: "file name too long"},
		{text: "not executable", path: "/plain.txt", status: 403, want: "permission denied"},
		{text: "a named pipe", path: "/fifo", status: 403, want: "neither a file nor a directory"},

		{text: "a link inside", path: "/in.cgi/x", want: "/in.cgi|/x|/in.cgi|/in.cgi"},
		{text: "an absolute link inside", path: "/inabs.cgi", want: "/inabs.cgi||/inabs.cgi|/inabs.cgi"},
		{text: "a link to a directory inside", path: "/subdir/b.cgi", want: "/subdir/b.cgi||/subdir/b.cgi|/subdir/b.cgi"},
		{text: "a link outside", path: "/out.cgi", status: 403, want: "a symbolic link that leads out of"},
		{text: "an absolute link outside", path: "/outabs.cgi", status: 403, want: "a symbolic link that leads out of"},
		{text: "a link upward", path: "/up/outside.cgi", status: 403, want: "a symbolic link that leads out of"},
		{text: "a link to a sibling with the root's name in its own", path: "/sibling/d.cgi", status: 403, want: "a symbolic link that leads out of"},
		{text: "a link outside, allowed", dir: Dir{FollowLinks: true}, path: "/out.cgi", want: "/out.cgi||/out.cgi|/out.cgi"},
		{text: "a dangling link", path: "/dangling.cgi", status: 404, want: "no such file"},
		{text: "links in a circle", path: "/circle", status: 404, want: "too many levels"},

		{text: "upward", path: "/../outside.cgi", status: 400, want: `".." in the path`},
		{text: "upward and down again", path: "/sub/../a.cgi", status: 400, want: `".." in the path`},
		{text: "upward in the rest", path: "/a.cgi/../../x", status: 400, want: `".." in the path`},
		{text: "upward at the end", path: "/sub/..", status: 400, want: `".." in the path`},
		{text: "upward, encoded twice", path: "/%2e%2e/outside.cgi", status: 404, want: "no such file"},
		{text: "upward, in overlong UTF-8", path: "/\xc0\xae\xc0\xae/outside.cgi", status: 404, want: "no such file"},
		{text: "upward, with backslashes", path: `/..\outside.cgi`, status: 404, want: "no such file"},
		{text: "upward, with a parameter", path: "/..;/outside.cgi", status: 404, want: "no such file"},
		{text: "two dots in a name", path: "/..c.cgi", want: "/..c.cgi||/..c.cgi|/..c.cgi"},
		{text: "a percent sign in a name", path: "/%2e.cgi", want: "/%2e.cgi||/%2e.cgi|/%2e.cgi"},
		{text: "NUL", path: "/a.cgi\x00.txt", status: 400, want: "NUL in the path"},
		{text: "NUL in the rest", path: "/a.cgi/\x00", status: 400, want: "NUL in the path"},

		{text: "allowed by extension", dir: Dir{Allow: []string{".cgi"}}, path: "/a.cgi", want: "/a.cgi||/a.cgi|/a.cgi"},
		{text: "not allowed by extension", dir: Dir{Allow: []string{".cgi"}}, path: "/git/hook", status: 403, want: "not on the list"},
		{text: "allowed by name", dir: Dir{Allow: []string{".x", "a.*"}}, path: "/a.cgi", want: "/a.cgi||/a.cgi|/a.cgi"},
		{text: "allowed by path", dir: Dir{Allow: []string{"git/*"}}, path: "/git/hook", want: "/git/hook||/git/hook|/git/hook"},
		{text: "not allowed by path", dir: Dir{Allow: []string{"git/*"}}, path: "/sub/b.cgi", status: 403, want: "not on the list"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.tree()
			row.dir.Root = b.dir + "/tree"
			b.c.Dir = &row.dir
			r := get("/")
			r.Params.Set("SCRIPT_NAME", row.path)
			b.wantMapped(b.do(r), row.status, row.want)
		})
	}
}

func (b *bench) wantMapped(res result, status int, want string) {
	b.Helper()
	switch {
	case status == 0:
		b.want(res, want+"\n")
	case status == 301:
		if res.Status != 301 || res.Header.Get("Location") != want {
			b.Fatal(res)
		}
	default:
		b.wantFailure(res, status, want)
	}
}

// However the front divides the path, it is divided anew.
func TestDirFromEveryFront(t *testing.T) {
	for _, row := range []struct {
		text   string
		params protocol.Params
		want   string
	}{
		{"nginx: all in SCRIPT_NAME", protocol.Params{{Name: "SCRIPT_NAME", Value: "/sub/b.cgi/x"}}, "/sub/b.cgi|/x|/sub/b.cgi|/sub/b.cgi"},
		{"divided right", protocol.Params{{Name: "SCRIPT_NAME", Value: "/sub/b.cgi"}, {Name: "PATH_INFO", Value: "/x"}}, "/sub/b.cgi|/x|/sub/b.cgi|/sub/b.cgi"},
		{"divided wrong", protocol.Params{{Name: "SCRIPT_NAME", Value: "/sub"}, {Name: "PATH_INFO", Value: "/b.cgi/x"}}, "/sub/b.cgi|/x|/sub/b.cgi|/sub/b.cgi"},
		{"HTTP: all in PATH_INFO", protocol.Params{{Name: "SCRIPT_NAME"}, {Name: "PATH_INFO", Value: "/sub/b.cgi/x"}}, "/sub/b.cgi|/x|/sub/b.cgi|/sub/b.cgi"},
		{"DOCUMENT_URI alone", protocol.Params{{Name: "DOCUMENT_URI", Value: "/a.cgi"}}, "/a.cgi||/a.cgi|/a.cgi"},
		{"REQUEST_URI alone", protocol.Params{{Name: "REQUEST_URI", Value: "/a%20b.cgi?x=/y"}}, "/a b.cgi||/a b.cgi|/a b.cgi"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.tree()
			b.want(b.do(&protocol.Request{Params: append(row.params, protocol.Param{Name: "REQUEST_METHOD", Value: "GET"})}), row.want+"\n")
		})
	}
}

func TestDirRefusesABadRequestURI(t *testing.T) {
	for _, uri := range []string{"/%zz", "/%2e%2e/outside.cgi", "/..%2foutside.cgi", "/a.cgi%00.txt", "/%2E./x"} {
		b := newBench(t)
		b.tree()
		b.wantFailure(b.do(&protocol.Request{Params: protocol.Params{{Name: "REQUEST_METHOD", Value: "GET"}, {Name: "REQUEST_URI", Value: uri}}}), 400, "")
	}
}

// The front names the file, as for fcgiwrap.
func TestScriptFilename(t *testing.T) {
	for _, row := range []struct {
		text   string
		params func(root string) protocol.Params
		status int
		want   string
	}{
		{"a file", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/a.cgi"}, {Name: "SCRIPT_NAME", Value: "/bin/a.cgi"}}
		}, 0, "/bin/a.cgi||/a.cgi|/a.cgi"},
		{"a file and its PATH_INFO", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/a.cgi"}, {Name: "SCRIPT_NAME", Value: "/bin/a.cgi"}, {Name: "PATH_INFO", Value: "/x"}}
		}, 0, "/bin/a.cgi|/x|/a.cgi|/a.cgi"},
		{"a file with more behind it", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/a.cgi/x"}, {Name: "SCRIPT_NAME", Value: "/bin/a.cgi/x"}}
		}, 0, "/bin/a.cgi|/x|/a.cgi|/a.cgi"},
		{"mod_proxy_fcgi", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: "proxy:fcgi://127.0.0.1:9000" + root + "/a.cgi"}, {Name: "SCRIPT_NAME", Value: "/a.cgi"}}
		}, 0, "/a.cgi||/a.cgi|/a.cgi"},
		{"DOCUMENT_ROOT and SCRIPT_NAME", func(root string) protocol.Params {
			return protocol.Params{{Name: "DOCUMENT_ROOT", Value: root}, {Name: "SCRIPT_NAME", Value: "/sub/b.cgi/x"}}
		}, 0, "/sub/b.cgi|/x|/sub/b.cgi|/sub/b.cgi"},
		{"outside", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/../outside.cgi"}}
		}, 400, `".." in the path`},
		{"elsewhere", func(string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: "/bin/true"}}
		}, 403, "/bin/true is not below "},
		{"beside", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "-2/d.cgi"}}
		}, 403, "is not below "},
		{"by a link", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/out.cgi"}}
		}, 403, "a symbolic link"},
		{"NUL", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/a.cgi\x00"}}
		}, 400, "NUL"},
		{"a directory", func(root string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: root + "/sub"}}
		}, 403, "a directory"},
		{"relative", func(string) protocol.Params {
			return protocol.Params{{Name: "SCRIPT_FILENAME", Value: "a.cgi"}}
		}, 403, "is not below "},
		{"nothing", func(string) protocol.Params { return nil }, 403, "is not below "},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.tree()
			b.c.Dir.ScriptFilename = true
			params := append(row.params(b.c.Dir.Root), protocol.Param{Name: "REQUEST_METHOD", Value: "GET"})
			b.wantMapped(b.do(&protocol.Request{Params: params}), row.status, row.want)
		})
	}
}
