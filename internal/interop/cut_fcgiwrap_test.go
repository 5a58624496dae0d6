package interop

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestCutScriptsByFcgiwrap: who changes one word of a unit file, fcgiwrap's name, is no worse off
// where a script dies amid its answer: ours is always seen as cut, and what came of an answer that
// declared its length arrives.
func TestCutScriptsByFcgiwrap(t *testing.T) {
	needFronts(t)
	t.Parallel()
	for _, w := range wrappers(t) {
		s := startWrapper(t, w, []string{"-c", "2"}, cutScript)
		writeScript(t, filepath.Join(s.dir, "other"), "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n"+otherAnswer+"'\n")
		for _, buffer := range []string{"yes", "no"} {
			for _, length := range []string{"yes", "no"} {
				for range 5 {
					seen, got := askCut(t, s.addr, "/script?buffer="+buffer+"&length="+length, "/other", func() {})
					way := fmt.Sprintf("nginx, %s, buffer=%s length=%s", w.name, buffer, length)
					t.Logf("%s: %s, %d bytes", way, seen, got)
					if w.sound && (seen != "cut" || length == "yes" && got != cutSent) {
						t.Errorf("%s: want a cut after %d bytes, got %s after %d", way, cutSent, seen, got)
					}
				}
			}
		}
	}
}
