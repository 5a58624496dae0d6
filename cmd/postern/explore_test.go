package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/demo"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
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

// What goes through the tap is shown by the page's events.
func TestExploreTap(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &gateway.Server{Handler: demo.Native()}
	go srv.Serve(l, scgi.Protocol{})
	t.Cleanup(func() { srv.Close() })
	cmd, out, _ := startSignalled(t, t.TempDir(), "explore", "--listen", "http://127.0.0.1:0",
		"--tap", "scgi://127.0.0.1:0", "--to", "scgi://"+l.Addr().String())
	out.Scan()
	tapped, _, _ := strings.Cut(strings.TrimPrefix(out.Text(), "Point a front at "), ": what")
	out.Scan()
	url, _, _ := strings.Cut(strings.TrimPrefix(out.Text(), "Open "), " ")
	res, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	client, err := endpoint.NewClient(tapped, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.RoundTrip(t.Context(), &protocol.Request{Params: demoParams()})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	var got []string
	for lines := bufio.NewScanner(res.Body); len(got) < 2 && lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			got = append(got, data)
		}
	}
	if len(got) != 2 || !strings.Contains(got[0], `"title":"request"`) || !strings.Contains(got[1], `"title":"head 200"`) {
		t.Errorf("the events are %q", got)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A page that cannot be served leaves no socket of the tap behind.
func TestExploreTapWithoutAPage(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	socket := filepath.Join(t.TempDir(), "tap")
	cfg := exploreConfig{listen: "http://" + taken.Addr().String(), tap: "scgi+unix:" + socket, to: "scgi://127.0.0.1:9"}
	if err := cfg.serve(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "something listens there already") {
		t.Error(err)
	}
	if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the tap's socket: %v", err)
	}
}
