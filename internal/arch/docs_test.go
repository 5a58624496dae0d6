package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// link is a Markdown link to something that is not elsewhere.
var link = regexp.MustCompile(`\[([^\]]+)\]\(([^)#:\s]+)(?:#[^)]*)?\)`)

// TestLinksLead: what a page links to is there, and a link that names a test or a case names one of
// that file.
func TestLinksLead(t *testing.T) {
	for _, page := range pages(t) {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(withoutCode(string(b)), -1) {
			text, target := m[1], filepath.Join(filepath.Dir(page), m[2])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: [%s](%s) leads nowhere", page, text, m[2])
			} else if strings.HasSuffix(target, ".go") && isName.MatchString(text) && !declares(t, target, text) {
				t.Errorf("%s: there is no %s in %s", page, text, m[2])
			}
		}
	}
}

// isName is the name of a function, or of a case: one word that is no file's.
var isName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// pages are the Markdown files of the project.
func pages(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != "../.." && strings.HasPrefix(e.Name(), ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d pages, %v", len(paths), err)
	}
	return paths
}

// withoutCode leaves out blocks of code and what is quoted as code.
func withoutCode(text string) string {
	var kept strings.Builder
	inBlock := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```"):
			inBlock = !inBlock
		case !inBlock && !strings.HasPrefix(line, "    "):
			kept.WriteString(line)
		}
	}
	return regexp.MustCompile("`[^`]*`").ReplaceAllString(kept.String(), "")
}

// declares reports whether a Go file has a function of that name, or the name in quotes.
func declares(t *testing.T, path, name string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			found = found || n.Name.Name == name
		case *ast.BasicLit:
			s, err := strconv.Unquote(n.Value)
			found = found || err == nil && n.Kind == token.STRING && s == name
		}
		return !found
	})
	return found
}
