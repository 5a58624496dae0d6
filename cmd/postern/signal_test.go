package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// SIGHUP killed a process with a request in it; and a second SIGTERM was swallowed, so that one who
// would not wait for the grace had to send SIGKILL. So it is for every command that serves.
func TestSignals(t *testing.T) {
	for _, row := range []struct {
		name string
		argv func(dir string) []string
		ask  func(t *testing.T, out *bufio.Scanner, dir string) (body io.Closer)
	}{
		{"serve", func(string) []string {
			return []string{"serve", "--listen", "http://127.0.0.1:0", "--to", "demo:", "--grace", "1h"}
		}, askServed},
		{"demo", func(string) []string { return []string{"demo"} }, askDemo},
		{"fcgiwrap", func(dir string) []string { return []string{"fcgiwrap", "-s", "unix:" + filepath.Join(dir, "s")} }, askWrapped},
		{"tap", func(dir string) []string {
			return []string{"tap", "--listen", "http+unix:" + filepath.Join(dir, "s"), "--to", "http+unix:" + filepath.Join(dir, "backend"), "--grace", "none"}
		}, askTapped},
		{"explore", func(dir string) []string {
			return []string{"explore", "--listen", "http+unix:" + filepath.Join(dir, "s")}
		}, askExplored},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			cmd, out, log := startSignalled(t, dir, row.argv(dir)...)
			defer row.ask(t, out, dir).Close()

			cmd.Process.Signal(syscall.SIGHUP)
			for log.Scan() && !strings.Contains(log.Text(), "SIGHUP: nothing to reopen") {
				t.Logf("the log: %s", log.Text())
			}
			endsAtTheSecond(t, cmd, log)
		})
	}
}

// startSignalled starts this program as the command, in dir.
func startSignalled(t *testing.T, dir string, argv ...string) (cmd *exec.Cmd, out, log *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	// where these tests were started to ignore SIGHUP (nohup), what they start would ignore it too
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	cmd = exec.Command(bin, argv...)
	stdout, _ := cmd.StdoutPipe()
	stderr, _ := cmd.StderrPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	t.Cleanup(func() { late.Stop() })
	return cmd, bufio.NewScanner(stdout), bufio.NewScanner(stderr)
}

// endsAtTheSecond sends SIGTERM until cmd has ended, which it must by that signal, not by a grace
// that is over.
func endsAtTheSecond(t *testing.T, cmd *exec.Cmd, log *bufio.Scanner) {
	t.Helper()
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

const endless = "/stream?n=100000&ms=1000"

func askServed(t *testing.T, out *bufio.Scanner, _ string) io.Closer {
	out.Scan()
	return get(t, strings.TrimPrefix(out.Text(), "listening on "))
}

func askDemo(t *testing.T, out *bufio.Scanner, _ string) io.Closer {
	for out.Scan() {
		for _, field := range strings.Fields(out.Text()) {
			if strings.HasPrefix(field, "http://") {
				go drain(out)
				return get(t, field)
			}
		}
	}
	t.Fatal("the demo names no http address")
	return nil
}

func drain(out *bufio.Scanner) {
	for out.Scan() {
	}
}

func get(t *testing.T, url string) io.Closer {
	t.Helper()
	res, err := http.Get(url + endless)
	if err != nil {
		t.Fatal(err)
	}
	return res.Body
}

func askWrapped(t *testing.T, _ *bufio.Scanner, dir string) io.Closer {
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec yes\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := &fastcgi.Client{Dial: func(ctx context.Context) (nc net.Conn, err error) {
		for nc == nil && ctx.Err() == nil { // until it listens
			nc, err = new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "s"))
		}
		return nc, err
	}}
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "SCRIPT_FILENAME", script)})
	if err != nil {
		t.Fatal(err)
	}
	return res.Body
}

// askTapped sends what the tap passes on to a backend that answers nothing.
func askTapped(t *testing.T, out *bufio.Scanner, dir string) io.Closer {
	backend, err := net.Listen("unix", filepath.Join(dir, "backend"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	c := dialUntil(t, filepath.Join(dir, "s"))
	io.WriteString(c, "GET / HTTP/1.1\r\n")
	passed, err := backend.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { passed.Close() })
	go drain(out)
	return c
}

// askExplored sends half a request.
func askExplored(t *testing.T, out *bufio.Scanner, dir string) io.Closer {
	out.Scan()
	c := dialUntil(t, filepath.Join(dir, "s"))
	io.WriteString(c, "GET / HTTP/1.1\r\n")
	return c
}

// dialUntil connects to a Unix socket once somebody listens there.
func dialUntil(t *testing.T, path string) net.Conn {
	t.Helper()
	for t.Context().Err() == nil {
		if c, err := net.Dial("unix", path); err == nil {
			return c
		}
	}
	t.Fatal("nobody listens at " + path)
	return nil
}

// A script is in a process group of its own, so that neither the terminal's interrupt nor the end
// of the command ends it: what sleeps had gone on for ever.
func TestScriptsEndWithTheCommand(t *testing.T) {
	const text = "#!/bin/sh\nexec 3>\"$(dirname \"$0\")/alive\"\nprintf 'X: 1\\n\\nbegun' >&3\ntrap '' TERM\nsleep 1000\nsleep 1000\n"
	for _, row := range []struct {
		name string
		argv func(dir string) []string
		ask  func(t *testing.T, out *bufio.Scanner, dir string)
	}{
		{"serve", func(dir string) []string {
			return []string{"serve", "--listen", "scgi+unix:" + filepath.Join(dir, "s"), "--to", "cgi:" + filepath.Join(dir, "script"), "--grace", "none"}
		}, func(t *testing.T, out *bufio.Scanner, dir string) {
			out.Scan()
			c, err := net.Dial("unix", filepath.Join(dir, "s"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			io.WriteString(c, "43:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00,")
		}},
		{"route check", func(dir string) []string {
			return []string{"route", "check", "--route", "route-run = cgi:" + filepath.Join(dir, "script"), "--run", "/"}
		}, func(*testing.T, *bufio.Scanner, string) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			fifo := filepath.Join(dir, "alive")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "script"), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd, out, log := startSignalled(t, dir, row.argv(dir)...)
			row.ask(t, out, dir)
			alive, err := os.Open(fifo) // once the script has opened it, too
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			if _, err := alive.Read(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			go drain(out)
			endsAtTheSecond(t, cmd, log)
			// its end comes with the end of the last that writes
			alive.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := io.Copy(io.Discard, alive); err != nil {
				t.Error(err)
			}
		})
	}
}
