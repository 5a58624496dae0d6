package protocoltest

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// Build compiles the program of that import path, and returns where it is until the test ends. It
// is compiled without the race detector, with which a process takes a tenth of a second to start.
func Build(tb testing.TB, program string) (path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, program).CombinedOutput(); err != nil {
		tb.Fatalf("go build %s: %v\n%s", program, err, out)
	}
	return path
}
