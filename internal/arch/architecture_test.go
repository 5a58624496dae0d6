package arch

import (
	"go/ast"
	"go/parser"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	fileName   = regexp.MustCompile("`([a-z][\\w/]*\\.go)`")
	dottedName = regexp.MustCompile("`(\\w+)\\.([\\w.]+)`")
	folderName = regexp.MustCompile("(?m)^\\| `[^|]*")
)

// TestArchitectureNamesWhatIsThere: each file and each name with a dot that ARCHITECTURE.md has is
// one of the source, and each folder of internal is in its table of rooms.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	b, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var files, rooms strings.Builder
	names := map[string]map[string]bool{"": {}} // by the package; "" has those of all
	for _, f := range sources(t, parser.SkipObjectResolution) {
		files.WriteString("/" + f.path + "\n")
		pkg := path.Base(f.dir)
		if names[pkg] == nil {
			names[pkg] = make(map[string]bool)
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				names[pkg][id.Name], names[""][id.Name] = true, true
			}
			return true
		})
	}
	for _, m := range fileName.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(files.String(), "/"+m[1]+"\n") {
			t.Errorf("there is no file %s", m[1])
		}
	}
	for _, m := range dottedName.FindAllStringSubmatch(text, -1) {
		of := names[m[1]]
		if of == nil || m[1] == "http" { // a type's, or net/http's
			of = names[""]
		}
		for name := range strings.SplitSeq(m[2], ".") {
			if name != "go" && !of[name] {
				t.Errorf("there is no %s.%s", m[1], m[2])
			}
		}
	}
	for _, row := range folderName.FindAllString(text, -1) {
		rooms.WriteString(row)
	}
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && !strings.Contains(rooms.String(), "`internal/"+f.Name()+"/`") {
			t.Errorf("internal/%s is none of the rooms", f.Name())
		}
	}
}
