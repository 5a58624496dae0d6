package endpoint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// What is wrong with a files: URL is told when its handler is made.
func TestFilesRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ url, want string }{
		{"files:/nonexistent/", "files:/nonexistent/: stat /nonexistent: no such file or directory: name a directory"},
		{"files:" + file, "it is a file: name a directory"},
		{"files:", "no path: write one after the colon"},
		{"files+unix:/x", "files is no network protocol: write files:DIRECTORY/"},
		{"files:/?listing=maybe", `bad listing "maybe": write 1 or 0`},
		{"files:/?mount=static", `bad mount "static": write it with a slash before it`},
		{"files:/?keep=1", `unknown option "keep": known here are mount, index, listing, hidden, precompressed, follow-links`},
	} {
		h, err := endpoint.NewHandler(row.url, nil)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", row.url, err, row.want)
		}
		if h != nil {
			t.Errorf("%s: a handler", row.url)
		}
	}
	if _, err := endpoint.NewClient("files:/", nil); err == nil || !strings.Contains(err.Error(), "served in this process") {
		t.Errorf("a client of files: %v", err)
	}
	if _, err := endpoint.Listen(t.Context(), "files:/"); err == nil {
		t.Error("a listener of files")
	}
}
