package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gitTimeout is how long git may take to answer.
const gitTimeout = 10 * time.Second

// inCheckout completes a version that has no commit, as that of a program built with
// -buildvcs=false: by what git says of the checkout in which one of the folders lies. That must be
// one of the program's own module.
func (v buildVersion) inCheckout(ctx context.Context, folders ...string) buildVersion {
	if v.Commit != "" || v.Version != "(devel)" {
		return v
	}
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	for _, dir := range folders {
		root, err := git(ctx, dir, "rev-parse", "--show-toplevel")
		if err != nil || !isModule(root, v.Module) {
			continue
		}
		commit, err := git(ctx, root, "log", "-1", "--format=%H %cI")
		if err != nil {
			continue
		}
		// What earlier comparisons have written changes nothing in the program.
		changes, err := git(ctx, root, "status", "--porcelain", "--", ".", ":!results")
		v.Commit, v.Time, _ = strings.Cut(commit, " ")
		if t, err := time.Parse(time.RFC3339, v.Time); err == nil {
			v.Time = t.UTC().Format(time.RFC3339)
		}
		v.Modified, v.fromGit = err != nil || changes != "", true
		return v
	}
	return v
}

// ownFolders are where the program runs, and where its file lies.
func ownFolders() []string {
	folders := []string{"."}
	if self, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(self))
	}
	return folders
}

// isModule reports whether a folder is the root of the module of that name.
func isModule(dir, name string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	line, _, _ := strings.Cut(string(b), "\n")
	return err == nil && strings.TrimSpace(line) == "module "+name
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	b, err := cmd.Output()
	return strings.TrimSpace(string(b)), err
}
