//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A command whose rules come by a pipe or are typed ends at the first signal while it reads them.
func TestSignalWhileRulesAreRead(t *testing.T) {
	for _, argv := range [][]string{{"route", "check", "/x"}, {"serve", "--listen", "http://127.0.0.1:0", "--to", "demo:"}} {
		t.Run(argv[0], func(t *testing.T) {
			dir := t.TempDir()
			pipe := filepath.Join(dir, "rules")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd, _, _ := startSignalled(t, dir, append(argv, "--routes", pipe)...)
			w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // once the command has opened it
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait()
			if how := cmd.ProcessState.String(); how != "signal: terminated" {
				t.Error(how)
			}
		})
	}
}
