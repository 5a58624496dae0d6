package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestVersionsInOneLine(t *testing.T) {
	for want, v := range map[string]buildVersion{
		"postern, built without module information, go1.26.0 linux/arm64": {Version: "unknown", Go: "go1.26.0", Platform: "linux/arm64"},
		"example.org/m v1.2.3, commit unknown, go1.26.0 linux/arm64":      {Module: "example.org/m", Version: "v1.2.3", Go: "go1.26.0", Platform: "linux/arm64"},
		"example.org/m (devel), commit 0123 of 2026-11-28T13:21:55Z with changes, go1.26.0 linux/arm64": {Module: "example.org/m", Version: "(devel)",
			Commit: "0123", Time: "2026-11-28T13:21:55Z", Modified: true, Go: "go1.26.0", Platform: "linux/arm64"},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestVersionOfCheckout: a program that does not know its commit takes that of the checkout of its
// own module in which it runs, and of no other.
func TestVersionOfCheckout(t *testing.T) {
	dir := t.TempDir()
	inGit := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a",
			"GIT_COMMITTER_EMAIL=a@example.org", "GIT_COMMITTER_DATE=2026-11-28T12:00:00Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.org/m\n\ngo 1.26\n")
	write("cmd/main.go", "package main\n")
	inGit("init", "-q")
	inGit("add", ".")
	inGit("commit", "-q", "-m", "first")
	v := buildVersion{Module: "example.org/m", Version: "(devel)", Go: "go1.26.0", Platform: "linux/arm64"}
	within := filepath.Join(dir, "cmd")
	want := func(v buildVersion, text string, folders ...string) {
		t.Helper()
		if got := v.inCheckout(t.Context(), folders...).String(); !strings.Contains(got, text) || strings.Contains(got, "changes") != strings.Contains(text, "changes") {
			t.Errorf("%q, want %q in it", got, text)
		}
	}
	want(v, "commit unknown", t.TempDir())
	want(v, " of 2026-11-28T12:00:00Z, go1.26.0", t.TempDir(), within)
	write("results/2026-11-28/report.md", "# a report\n")
	want(v, "in a checkout of commit ", within)
	write("cmd/other.go", "package main\n")
	want(v, " of 2026-11-28T12:00:00Z with changes", within)
	other, released, known := v, v, v
	other.Module, released.Version, known.Commit = "example.org/other", "v1.2.3", "0123"
	want(other, "commit unknown", within)
	want(released, "commit unknown", within)
	want(known, ", commit 0123 of ,", within)
}
