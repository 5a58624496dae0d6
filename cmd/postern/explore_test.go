package main

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The page, a call of it, and an error that is for the page's user; a second one on the same port
// says so in a line; SIGTERM ends it.
func TestExplore(t *testing.T) {
	dir := t.TempDir()
	cmd, out, _ := startSignalled(t, dir, "explore", "--listen", "http://127.0.0.1:0")
	out.Scan()
	url := strings.TrimSuffix(strings.TrimPrefix(out.Text(), "Open "), " in a browser (interrupt to end)")
	for _, row := range []struct{ path, body, want string }{
		{"", "", "<!doctype html>"},
		{"call/draw", `{"method":"GET","path":"/","answer":{"status":204}}`, `"title":"FastCGI"`},
		{"call/draw", `{"method":"GET","path":"x"}`, "the path begins with a slash\n"},
	} {
		res, err := http.Get(url + row.path)
		if row.body != "" {
			res, err = http.Post(url+row.path, "application/json", strings.NewReader(row.body))
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if !strings.Contains(string(body), row.want) || err != nil {
			t.Errorf("%s %s: %d %.200s, %v", row.path, row.body, res.StatusCode, body, err)
		}
	}
	second, err := exec.Command(cmd.Path, "explore", "--listen", strings.TrimSuffix(url, "/")).CombinedOutput()
	if want := "address already in use"; err == nil || !strings.Contains(string(second), want) || strings.Count(string(second), "\n") != 1 {
		t.Errorf("a second one on the same port: %v, %q", err, second)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
