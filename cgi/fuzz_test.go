package cgi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// FuzzDir maps all kinds of paths. What it finds lies in the tree, and name and rest together are
// what was asked for.
func FuzzDir(f *testing.F) {
	b := newBench(f)
	b.tree()
	for _, path := range []string{"/a.cgi", "/sub/b.cgi/x", "//sub//b.cgi", "/../outside.cgi", "/sub/../a.cgi", "/up/outside.cgi", "/out.cgi", "/a.cgi\x00",
		"/%2e%2e/outside.cgi", "/subdir/b.cgi", "/sub", "", "a.cgi", "/."} {
		f.Add(path, path, false)
		f.Add(b.dir+"/tree"+path, path, true)
	}
	root, err := filepath.EvalSymlinks(b.dir + "/tree")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, info string, byName bool) {
		d := &Dir{Root: b.dir + "/tree", Index: []string{"index.cgi"}, ScriptFilename: byName}
		p := protocol.Params{{Name: "SCRIPT_NAME", Value: path}, {Name: "PATH_INFO", Value: info}, {Name: "SCRIPT_FILENAME", Value: path}}
		s, redirect, err := d.find(p)
		if err != nil || redirect != "" {
			if err != nil && protocol.Status(err) < 400 {
				t.Fatal(err)
			}
			return
		}
		real, err := filepath.EvalSymlinks(s.file)
		if err != nil || !strings.HasPrefix(real, root+"/") {
			t.Fatalf("%q leads to %q, %v", path+info, real, err)
		}
		if fi, err := os.Stat(real); err != nil || !fi.Mode().IsRegular() {
			t.Fatal(fi, err)
		}
		if !byName && s.name+s.info != path+info && !strings.HasSuffix(s.name, "/index.cgi") {
			t.Fatalf("%q + %q", s.name, s.info)
		}
	})
}

// FuzzEnvironment builds environments. Whatever comes, none holds a NUL, a name twice, or
// HTTP_PROXY.
func FuzzEnvironment(f *testing.F) {
	f.Add("HTTP_X", "1", "HTTP_X", "2")
	f.Add("HTTP_PROXY", "1", "http_proxy", "2")
	f.Add("A=B", "1", "", "2")
	f.Add("SERVER_NAME", "[::1]:80", "HTTP_HOST", "a:b:c")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		r := get("/x")
		r.Params.Add(name1, value1)
		r.Params = append(protocol.Params{{Name: name2, Value: value2}}, r.Params...)
		env, err := new(Client).environment(r, &script{file: "/x"}, -1)
		if err != nil {
			if s := protocol.Status(err); s != 400 && s != 431 {
				t.Fatal(err)
			}
			return
		}
		seen := make(map[string]bool)
		for _, pair := range env {
			name, _, ok := strings.Cut(pair, "=")
			if !ok || name == "" || seen[name] || strings.EqualFold(name, "HTTP_PROXY") || strings.Contains(pair, "\x00") || len(pair) >= stringMax {
				t.Fatalf("%q in %q", pair, env)
			}
			seen[name] = true
		}
	})
}
