package cgi

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A script that is not there is the client's business, unless the tree is not there either, or the
// front has named it.
func TestMissingScriptsThatAreRoutine(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop", filepath.Join(root, "loop")); err != nil {
		t.Fatal(err)
	}
	byURL := protocol.Pairs("SCRIPT_NAME", "/none")
	for _, row := range []struct {
		text string
		dir  Dir
		p    protocol.Params
		want bool
	}{
		{"a missing script", Dir{Root: root}, byURL, true},
		{"a script below one", Dir{Root: root}, protocol.Pairs("SCRIPT_NAME", "/none/x"), true},
		{"a link in a circle", Dir{Root: root}, protocol.Pairs("SCRIPT_NAME", "/loop"), false},
		{"a missing root", Dir{Root: root + "/none"}, byURL, false},
		{"another prefix", Dir{Root: root, Prefix: "/cgi-bin"}, byURL, false},
		{"the front's name", Dir{Root: root, ScriptFilename: true}, protocol.Pairs("SCRIPT_FILENAME", root+"/none"), false},
	} {
		_, _, err := row.dir.find(row.p)
		e, ok := errors.AsType[*protocol.Error](err)
		if !ok || e.Routine != row.want || protocol.Status(err) != 404 {
			t.Errorf("%s: %v, want routine %v", row.text, err, row.want)
		}
	}
}
