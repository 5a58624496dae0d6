package site_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// What a client asks for in vain is logged for debugging. What the owner of the site has to put
// right is a warning at least.
func TestWhatIsLoggedOf404(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a.txt", "a.php", ".env"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range [][2]string{{"/", "out"}, {"loop", "loop"}} {
		if err := os.Symlink(link[0], filepath.Join(root, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	none := filepath.Join(root, "none")
	never := protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil })
	files := func(dir string, follow bool) protocol.Handler { return &site.Files{Root: dir, FollowLinks: follow} }
	php := func(dir string, follow bool) protocol.Handler {
		return &site.PHP{Root: dir, FollowLinks: follow, Scripts: never, Files: &site.Files{Root: dir, FollowLinks: follow}}
	}
	for _, row := range []struct {
		text   string
		h      protocol.Handler
		path   string
		status int
		level  string
	}{
		{"a missing file", files(root, false), "/none.txt", 404, "DEBUG"},
		{"below a file", files(root, false), "/a.txt/x", 404, "DEBUG"},
		{"a long name", files(root, false), "/" + strings.Repeat("x", 300), 404, "DEBUG"},
		{"a dotfile", files(root, false), "/.env", 404, "DEBUG"},
		{"a script's source", files(root, false), "/a.php", 404, "DEBUG"},
		{"a link that leads out", files(root, false), "/out/x", 404, "WARN"},
		{"a link in a circle", files(root, true), "/loop", 404, "WARN"},
		{"a missing root", files(none, false), "/a.txt", 500, "ERROR"},
		{"a missing root with links", files(none, true), "/a.txt", 404, "WARN"},
		{"a missing page", php(root, false), "/none", 404, "DEBUG"},
		{"a missing script", php(root, false), "/none.php", 404, "DEBUG"},
		{"a long name of PHP", php(root, false), "/" + strings.Repeat("x", 300), 404, "DEBUG"},
		{"a missing root of PHP", php(none, false), "/a.php", 500, "ERROR"},
		{"a missing root of PHP with links", php(none, true), "/a.php", 404, "WARN"},
		{"a script where none are run", &site.PHP{Root: root}, "/a.php", 404, "WARN"},
	} {
		var out bytes.Buffer
		loop := &protocol.Loop{Handler: row.h, Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		w := httptest.NewRecorder()
		loop.ServeHTTP(w, httptest.NewRequest("GET", row.path, nil))
		if w.Code != row.status || !strings.Contains(out.String(), "level="+row.level+" ") || strings.Count(out.String(), "level=") != 1 {
			t.Errorf("%s: %d, want %d and %s\n%s", row.text, w.Code, row.status, row.level, &out)
		}
	}
}
