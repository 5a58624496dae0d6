package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/demo"
	"github.com/postern-gateway/postern/protocol"
)

// startServe starts "postern serve" with args and returns once it listens at n URLs. It is stopped
// by SIGTERM when the test ends, and must then end well.
func startServe(t *testing.T, n int, args ...string) (urls []string) {
	t.Helper()
	urls, _ = startCommand(t, n, args...)
	return urls
}

// startCommand is startServe for those who look at the process, too.
func startCommand(t *testing.T, n int, args ...string) (urls []string, cmd *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// testscript.Main runs the command of the name that it is called by
	bin := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(bin, append([]string{"serve"}, args...)...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("postern serve: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for len(urls) < n && lines.Scan() {
		url, ok := strings.CutPrefix(lines.Text(), "listening on ")
		if !ok {
			t.Fatalf("not a line for a listener: %q", url)
		}
		urls = append(urls, url)
	}
	if len(urls) < n {
		t.Fatalf("it listens at %d URLs, want %d: %v", len(urls), n, lines.Err())
	}
	return urls, cmd
}

// A request goes from any protocol to any other, through the command.
func TestServeChains(t *testing.T) {
	dir, err := os.MkdirTemp("", "ps") // short: a Unix socket's path holds 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	backends := startServe(t, 4, "--to", "demo:?handler=http", "--listen", "fastcgi+unix:"+dir+"/f", "--listen", "scgi+unix:"+dir+"/s",
		"--listen", "uwsgi+unix:"+dir+"/u?mode=0600", "--listen", "http://127.0.0.1:0")
	for _, back := range backends {
		fronts := startServe(t, 4, "--to", back, "--listen", "fastcgi://127.0.0.1:0", "--listen", "scgi://127.0.0.1:0",
			"--listen", "uwsgi://127.0.0.1:0", "--listen", "auto://127.0.0.1:0")
		fronts[3] = strings.Replace(fronts[3], "auto", "http", 1)
		for _, front := range fronts {
			t.Run(scheme(front)+" to "+scheme(back), func(t *testing.T) { echoThrough(t, front) })
		}
	}
}

func scheme(url string) string {
	s, _, _ := strings.Cut(url, ":")
	return s
}

// echoThrough sends a body to url's /echo and gets it back.
func echoThrough(t *testing.T, url string) {
	c, err := endpoint.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := strings.Repeat(demo.Hello, 10000)
	params := demoParams()
	params.Set("REQUEST_METHOD", "POST")
	params.Set("REQUEST_URI", "/echo")
	params.Set("PATH_INFO", "/echo")
	params.Set("CONTENT_TYPE", "text/x-test")
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: params, Body: strings.NewReader(body), ContentLength: int64(len(body))})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || string(got) != body || res.Status != 200 || res.Header.Get("Content-Type") != "text/x-test" {
		t.Errorf("%d %v: %d bytes of %d, ended by %v", res.Status, res.Header, len(got), len(body), err)
	}
}

// A backend that is not there is a 502, and the front stays up.
func TestServeWithoutBackend(t *testing.T) {
	url := startServe(t, 1, "--listen", "scgi://127.0.0.1:0", "--to", "fastcgi+unix:/nonexistent/backend.sock")[0]
	c, err := endpoint.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		res, err := c.RoundTrip(context.Background(), &protocol.Request{Params: demoParams()})
		if err != nil {
			t.Fatal(err)
		}
		if res.Status != 502 {
			t.Errorf("status %d, want 502", res.Status)
		}
		res.Body.Close()
	}
}
