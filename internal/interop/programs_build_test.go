package interop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// goBuild compiles a program of this module.
func goBuild(t *testing.T, pkg, program string) {
	t.Helper()
	if err := tryBuild(pkg, program); err != nil {
		t.Fatal(err)
	}
}

func tryBuild(pkg, program string) error {
	out, err := exec.Command("go", "build", "-o", program, pkg).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// commandDir is where the command is, once a test has asked for it. TestMain removes it.
var commandDir string

// buildCommand compiles the command, once for all tests, where a front's own user can start it.
var buildCommand = sync.OnceValues(func() (path string, err error) {
	if commandDir, err = os.MkdirTemp("", "postern"); err != nil {
		return "", err
	}
	path = filepath.Join(commandDir, "postern")
	return path, errors.Join(os.Chmod(commandDir, 0o755), tryBuild("github.com/postern-gateway/postern/cmd/postern", path))
})

// posternProgram returns the path of the command.
func posternProgram(t *testing.T) string {
	t.Helper()
	path, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
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
