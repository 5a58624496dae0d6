//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCompareInterrupted: an interrupt in the middle leaves nothing but a line.
func TestCompareInterrupted(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A copy, since it starts itself again by the name of its file.
	bin := filepath.Join(t.TempDir(), "postern")
	program, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(bin, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "compare", "--now", "--only", "direct/postern/uwsgi/tcp/1/get", "--duration", "1h")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "1 rows, ") {
	}
	cmd.Process.Signal(syscall.SIGINT)
	var last string
	for lines.Scan() {
		last = lines.Text()
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || last != "postern: interrupted: nothing was written" {
		t.Errorf("%v, after %q", err, last)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if !strings.HasPrefix(filepath.Base(name), "testscript-main") { // of the test itself
			t.Errorf("left: %s", name)
		}
	}
}
