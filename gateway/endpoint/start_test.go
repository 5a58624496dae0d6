package endpoint_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A program is this test's binary, which serves by endpoint.Serve.
type program struct {
	cmd    *exec.Cmd
	stderr *bufio.Scanner
}

// start starts the program with env added to an empty environment; set may change how.
func start(t *testing.T, set func(*exec.Cmd), env ...string) *program {
	t.Helper()
	cmd := exec.Command(self(t))
	cmd.Env = append(env, asProgram+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if set != nil {
		set(cmd)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{cmd, bufio.NewScanner(stderr)}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			cmd.Wait()
		}
	})
	return p
}

func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// listening returns the URL that the program says it listens at.
func (p *program) listening(t *testing.T) string {
	t.Helper()
	for p.stderr.Scan() {
		if _, url, ok := strings.Cut(p.stderr.Text(), "listening url="); ok {
			return url
		}
	}
	t.Fatal("the program ended without listening")
	return ""
}

// stop sends sig, and expects a good end.
func (p *program) stop(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(readRest(p.stderr))
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after %v: %v: %s", sig, err, rest)
	}
}

func readRest(s *bufio.Scanner) io.Reader {
	var b strings.Builder
	for s.Scan() {
		b.WriteString(s.Text() + "\n")
	}
	return strings.NewReader(b.String())
}

func expect(t *testing.T, url, want string) {
	t.Helper()
	if got, err := call(t, url); got != want || err != nil {
		t.Errorf("%s: %q, %v, want %q", url, got, err, want)
	}
}

func TestStartedByHand(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		one, two := socket(t), socket(t)
		p := start(t, nil, "POSTERN_LISTEN=auto+unix:"+one+"?mode=0600 uwsgi+unix:"+two)
		p.listening(t)
		p.listening(t)
		expect(t, "scgi+unix:"+one, "by scgi")
		expect(t, "http+unix:"+one, "by http")
		expect(t, "uwsgi+unix:"+two, "by uwsgi")
		p.stop(t, sig)
		for _, path := range []string{one, two} {
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("%v left a socket behind", sig)
			}
		}
	}
}

func TestStartedWronglyByHand(t *testing.T) {
	for env, want := range map[string]string{
		"POSTERN_LISTEN=ajp://:1":           `"ajp://:1": unknown scheme "ajp"`,
		"POSTERN_LISTEN=scgi+unix:/none/s":  "create the directory first",
		"POSTERN_ALLOW=everybody":           `POSTERN_ALLOW: bad address "everybody"`,
		"POSTERN_LISTEN=auto+fd:0":          "file descriptor 0 is no socket",
		"POSTERN_LISTEN=scgi+unix:/a?b=c":   `unknown option "b"`,
		"POSTERN_LISTEN=scgi+unix:/a?mode=": `bad mode ""`,
	} {
		p := start(t, nil, env)
		out, _ := io.ReadAll(readRest(p.stderr))
		if err := p.cmd.Wait(); err == nil || !strings.Contains(string(out), want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: %v, %q, want one line with %q", env, err, out, want)
		}
	}
}

func TestStartedAsScript(t *testing.T) {
	exe := self(t)
	expect(t, "cgi:"+exe+"?env="+asProgram+"=1&env=GORACE=atexit_sleep_ms=0", "by cgi")
}

// spawn-fcgi, and the web servers that start FastCGI programs, pass a listening socket as
// descriptor 0. GATEWAY_INTERFACE may be there all the same, inherited.
func TestStartedWithASocket(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		l, url := inherited(t, network)
		p := start(t, func(cmd *exec.Cmd) { cmd.Stdin = l }, "GATEWAY_INTERFACE=CGI/1.1")
		if got := p.listening(t); got != "fastcgi+fd:0" {
			t.Errorf("listening at %s", got)
		}
		expect(t, "fastcgi"+url, "by fastcgi")
		p.stop(t, syscall.SIGTERM)
	}
}

// inherited opens a listener as a file, for a child, and gives its URL without the scheme.
func inherited(t *testing.T, network string) (f *os.File, url string) {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = socket(t)
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	f, err = l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	t.Cleanup(func() { f.Close() })
	if network == "unix" {
		return f, "+unix:" + addr
	}
	return f, "://" + l.Addr().String()
}

func TestWebServerAddrs(t *testing.T) {
	for addrs, admitted := range map[string]bool{"127.0.0.1": true, "192.0.2.1,127.0.0.1": true, "192.0.2.1": false} {
		l, url := inherited(t, "tcp")
		p := start(t, func(cmd *exec.Cmd) { cmd.Stdin = l }, "FCGI_WEB_SERVER_ADDRS="+addrs)
		p.listening(t)
		if got, err := call(t, "fastcgi"+url); (err == nil) != admitted {
			t.Errorf("%s: %q, %v, admitted: want %v", addrs, got, err, admitted)
		}
		p.stop(t, syscall.SIGTERM)
	}
}

// systemd passes sockets from descriptor 3 on; their names may be protocols.
func TestStartedBySocketActivation(t *testing.T) {
	var files []*os.File
	var urls []string
	for range 3 {
		f, url := inherited(t, "unix")
		files, urls = append(files, f), append(urls, url)
	}
	p := start(t, func(cmd *exec.Cmd) {
		cmd.ExtraFiles = files
		// LISTEN_PID is known only once the process is there
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", `LISTEN_PID=$$ exec "$0"`, cmd.Path}
	}, "LISTEN_FDS=3", "LISTEN_FDNAMES=uwsgi:app.socket:cgi")
	for _, want := range []string{"uwsgi+fd:3", "auto+fd:4", "auto+fd:5"} {
		if got := p.listening(t); got != want {
			t.Errorf("listening at %s, want %s", got, want)
		}
	}
	expect(t, "uwsgi"+urls[0], "by uwsgi")
	expect(t, "fastcgi"+urls[1], "by fastcgi")
	expect(t, "http"+urls[1], "by http")
	expect(t, "scgi"+urls[2], "by scgi")
	p.stop(t, syscall.SIGTERM)
	if _, err := os.Lstat(strings.TrimPrefix(urls[0], "+unix:")); err != nil {
		t.Errorf("a socket that was passed was removed: %v", err)
	}
}

// Sockets that are meant for another process are not taken.
func TestSocketsOfAnother(t *testing.T) {
	path := socket(t)
	p := start(t, nil, "LISTEN_FDS=1", "LISTEN_PID=1", "POSTERN_LISTEN=scgi+unix:"+path)
	if got := p.listening(t); got != "scgi+unix:"+path {
		t.Errorf("listening at %s", got)
	}
	p.stop(t, syscall.SIGTERM)
}

func TestSpawnFCGI(t *testing.T) {
	spawn, err := exec.LookPath("spawn-fcgi")
	if err != nil {
		if os.Getenv("POSTERN_INTEROP") != "" {
			t.Fatal(err)
		}
		t.Skip("spawn-fcgi is not installed; POSTERN_INTEROP is not set")
	}
	path := filepath.Join(t.TempDir(), "s")
	p := start(t, func(cmd *exec.Cmd) {
		cmd.Args = []string{"spawn-fcgi", "-n", "-s", path, "--", cmd.Path}
		cmd.Path = spawn
	})
	p.listening(t)
	expect(t, "fastcgi+unix:"+path, "by fastcgi")
	p.stop(t, syscall.SIGTERM)
}
