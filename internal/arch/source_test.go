package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A source is one Go file of the project.
type source struct {
	path, dir string // below the project's root
	test      bool
	fset      *token.FileSet
	ast       *ast.File
	lines     int
}

// sources reads every Go file of the module.
func sources(t *testing.T, mode parser.Mode) (list []source) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() && (name == "testdata" || name != ".." && strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if e.IsDir() && path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir // a module of its own
			}
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := source{path: filepath.ToSlash(rel), dir: filepath.ToSlash(filepath.Dir(rel)), fset: token.NewFileSet()}
		// protocoltest is for tests too
		f.test = strings.HasSuffix(name, "_test.go") || strings.HasSuffix(f.dir, "test")
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f.lines = strings.Count(string(b), "\n")
		if f.ast, err = parser.ParseFile(f.fset, path, b, mode); err != nil {
			return err
		}
		list = append(list, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 20 {
		t.Fatalf("only %d Go files found: is this the project?", len(list))
	}
	return list
}
