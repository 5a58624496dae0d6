package arch

import (
	"go/ast"
	"go/parser"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The bounds of a file and of a function, in lines.
const (
	maxFile = 500
	maxFunc = 80
)

func TestFilesAndFunctionsAreSmall(t *testing.T) {
	for _, f := range sources(t, parser.SkipObjectResolution) {
		if f.lines > maxFile {
			t.Errorf("%s has %d lines: at most %d", f.path, f.lines, maxFile)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line + 1; n > maxFunc {
				t.Errorf("%s: %s has %d lines: at most %d", f.path, fn.Name.Name, n, maxFunc)
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s: has an init function", f.path)
			}
		}
	}
}

// Every protocol that has a wire has the same files.
func TestProtocolFoldersHaveOneShape(t *testing.T) {
	for _, dir := range []string{"fastcgi", "scgi", "uwsgi"} {
		for _, name := range []string{"doc.go", "wire.go", "server.go", "client.go", "trace.go", "wire_test.go", "example_test.go"} {
			if _, err := os.Stat(filepath.Join("../..", dir, name)); err != nil {
				t.Errorf("%s lacks %s", dir, name)
			}
		}
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	for _, f := range sources(t, parser.SkipObjectResolution) {
		if !f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
					t.Errorf("%s:%d sleeps: wait for what is meant", f.path, f.fset.Position(n.Pos()).Line)
				}
			}
			return true
		})
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	described, folders := map[string]bool{}, map[string]bool{}
	for _, f := range sources(t, parser.ParseComments|parser.PackageClauseOnly) {
		folders[f.dir] = true
		described[f.dir] = described[f.dir] || f.ast.Doc != nil
	}
	var mute []string
	for dir := range folders {
		if !described[dir] {
			mute = append(mute, dir)
		}
	}
	slices.Sort(mute)
	if len(mute) > 0 {
		t.Errorf("packages without a comment: %v", mute)
	}
}
