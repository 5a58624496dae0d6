package site

import (
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// FuzzPHP: what runs is a regular file below the root whose name ends in ".php", and the script's
// name and its PATH_INFO are the path that was asked for.
func FuzzPHP(f *testing.F) {
	root := wiki(f)
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"/", "/doku.php", "/doku.php/a/b", "/lib/exe/css.php", "/dir.php/inner.php/x", "/image.jpg/x.php", "/out.php",
		"/../outside.php", "/./doku.php", "/.git/x.php", "/doku.php.", "/doku.php::$DATA", "//static", "/in.php/x", "/UPPER.PHP", "/both/",
		"/doku.php/\n", "/a\x00.php", `/..\outside.php`, "/loop.php", "/absolute.php/x", "/outdir/outside.php", "/dots..php", "/.well-known/x.php", "/.well-known/acme-challenge/token", "*"} {
		f.Add(seed)
	}
	var asked string
	var inTest *testing.T
	p := &PHP{Root: root}
	p.Scripts = protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
		name, info, file := r.Params.Get("SCRIPT_NAME"), r.Params.Get("PATH_INFO"), r.Params.Get("SCRIPT_FILENAME")
		if whole := name + info; whole != asked && path.Clean(whole) != path.Clean(asked+"/index.php") {
			inTest.Errorf("%q: %q and %q are not the path", asked, name, info)
		}
		if path.Clean(name) != strings.TrimPrefix(file, root) || !strings.HasSuffix(file, ".php") || strings.Contains(name, "/.") {
			inTest.Errorf("%q: %q is not the file %q", asked, name, file)
		}
		if info != "" && info[0] != '/' || strings.Contains(info, "/../") || strings.ContainsAny(name+info, "\n\x00\\") {
			inTest.Errorf("%q: PATH_INFO %q", asked, info)
		}
		within(inTest, real, file)
		return nil
	})
	p.Files = protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
		name := r.Params.Get("PATH_INFO")
		info := within(inTest, real, filepath.Join(root, name))
		if !info.IsDir() && (!info.Mode().IsRegular() || isSource(path.Base(name), ScriptSuffixes)) || strings.Contains(strings.TrimPrefix(name, "/.well-known"), "/.") {
			inTest.Errorf("%q: the file %q is served", asked, name)
		}
		return nil
	})
	f.Fuzz(func(t *testing.T, text string) {
		asked, inTest = text, t
		err := p.Serve(httptest.NewRecorder(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "PATH_INFO", text)})
		if status := protocol.Status(err); err != nil && status != 400 && status != 404 {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// within returns what a file is, which must be below the root with all links resolved.
func within(t *testing.T, root, file string) os.FileInfo {
	t.Helper()
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := protocol.Below(real, root); !ok {
		t.Fatalf("%s is outside", real)
	}
	info, err := os.Stat(real)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
