package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// SIGHUP killed a process with a request in it; and a second SIGTERM was swallowed, so that one who would not wait for the grace had to
// send SIGKILL.
func TestSignals(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "serve", "--listen", "http://127.0.0.1:0", "--to", "demo:", "--grace", "1h")
	out, _ := cmd.StdoutPipe()
	errs, _ := cmd.StderrPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	lines.Scan()
	url := strings.TrimPrefix(lines.Text(), "listening on ")
	res, err := http.Get(url + "/stream?n=100000&ms=1000")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()

	cmd.Process.Signal(syscall.SIGHUP)
	log := bufio.NewScanner(errs)
	if !log.Scan() || !strings.Contains(log.Text(), "SIGHUP: nothing to reopen") {
		t.Errorf("after SIGHUP: %q", log.Text())
	}

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for log.Scan() {
		}
		cmd.Wait()
	}()
	for every := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case <-ended:
			if how := cmd.ProcessState.String(); how != "signal: terminated" {
				t.Error(how)
			}
			return
		case <-every.C: // the first is for the grace; two that come too close together are one
			cmd.Process.Signal(syscall.SIGTERM)
		}
	}
}
