package arch

import (
	"go/ast"
	"go/parser"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestExportedTypesHaveExamples: whoever looks a type up finds it in an Example. Packages below
// internal have no documentation that others read.
func TestExportedTypesHaveExamples(t *testing.T) {
	shown := make(map[string]bool) // dir.Type
	all := sources(t, parser.SkipObjectResolution)
	for _, f := range all {
		for _, d := range f.ast.Decls {
			fn, isFunc := d.(*ast.FuncDecl)
			name, example := "", false
			if isFunc {
				name, example = strings.CutPrefix(fn.Name.Name, "Example")
			}
			if example {
				of, _, _ := strings.Cut(name, "_")
				shown[f.dir+"."+of] = true
			}
			if example || strings.HasPrefix(path.Base(f.path), "example") {
				namesIn(d, f.dir, shown)
			}
		}
	}
	for _, f := range all {
		if f.test || strings.HasPrefix(f.dir, "internal") {
			continue
		}
		for name := range typesOf(f.ast) {
			if ast.IsExported(name) && !shown[f.dir+"."+name] {
				t.Errorf("%s: no Example shows %s", f.path, name)
			}
		}
	}
}

// namesIn adds to shown what of the package in dir d names.
func namesIn(d ast.Decl, dir string, shown map[string]bool) {
	ast.Inspect(d, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == path.Base(dir) {
				shown[dir+"."+sel.Sel.Name] = true
			}
		}
		return true
	})
}

// ofEachProtocol are the names of types that each protocol's folder may have, for the same thing.
var ofEachProtocol = []string{"conn", "encoder", "header", "exchange"}

// TestTypesOfOneName: an unexported type's name has one meaning in the whole project.
func TestTypesOfOneName(t *testing.T) {
	dirs := make(map[string]string)
	for _, f := range sources(t, parser.SkipObjectResolution) {
		if f.test || strings.HasPrefix(f.dir, "examples") {
			continue
		}
		for name := range typesOf(f.ast) {
			if ast.IsExported(name) || slices.Contains(ofEachProtocol, name) {
				continue
			}
			if other, ok := dirs[name]; ok && other != f.dir {
				t.Errorf("%s: type %s is another thing in %s", f.path, name, other)
			}
			dirs[name] = f.dir
		}
	}
}

// typesOf returns the types that a file declares.
func typesOf(f *ast.File) map[string]*ast.TypeSpec {
	types := make(map[string]*ast.TypeSpec)
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, s := range g.Specs {
				if s, ok := s.(*ast.TypeSpec); ok {
					types[s.Name.Name] = s
				}
			}
		}
	}
	return types
}

// TestTimeIsVirtual: what measures how long something takes does so in virtual time, but where a
// real server takes part.
func TestTimeIsVirtual(t *testing.T) {
	for _, f := range sources(t, parser.SkipObjectResolution) {
		if !strings.HasSuffix(f.path, "_test.go") || slices.Contains(withRealTime, f.dir) {
			continue
		}
		virtual := slices.ContainsFunc(f.ast.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Since" && !virtual {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
					t.Errorf("%s:%d measures time that is not virtual: see testing/synctest", f.path, f.fset.Position(n.Pos()).Line)
				}
			}
			return true
		})
	}
}

// withRealTime are the folders of tests in which real servers and clients take part.
var withRealTime = []string{"benchmarks", "internal/floodtest", "internal/interop"}
