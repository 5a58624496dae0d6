package arch

import (
	"go/parser"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumn is the last column that a comment may take; a tab takes four.
const maxColumn = 100

// TestCommentsAreNarrow leaves out what is code: blocks with a tab, and the output of examples.
func TestCommentsAreNarrow(t *testing.T) {
	for _, f := range sources(t, parser.ParseComments) {
		b, err := os.ReadFile(filepath.Join("../..", f.path))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(b), "\n")
		for _, group := range f.ast.Comments {
			if text := group.Text(); strings.HasPrefix(text, "Output:") || strings.HasPrefix(text, "Unordered output:") {
				continue
			}
			for _, c := range group.List {
				at := f.fset.Position(c.Pos()).Line
				line := strings.ReplaceAll(lines[at-1], "\t", "    ")
				if n := utf8.RuneCountInString(line); n > maxColumn && !strings.HasPrefix(c.Text, "//\t") {
					t.Errorf("%s:%d: the comment ends in column %d: at most %d", f.path, at, n, maxColumn)
				}
			}
		}
	}
}
