package interop

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// goBuild compiles a program of this module.
func goBuild(t *testing.T, pkg, program string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, pkg).CombinedOutput()
	if err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
}

// posternProgram compiles the command and returns its path.
func posternProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(sharedDir(t), "postern")
	goBuild(t, "github.com/postern-gateway/postern/cmd/postern", path)
	return path
}

// compile compiles a C program that needs nothing at all to run.
func compile(t *testing.T, source, program string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "gcc", "-O1", "-Wall", "-static", "-o", program, source).CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
}
