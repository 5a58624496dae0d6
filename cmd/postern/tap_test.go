package main

import (
	"bufio"
	"bytes"
	"crypto/x509/pkix"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/certtest"
)

// A tapped is a "postern tap" that runs.
type tapped struct {
	url string
	cmd *exec.Cmd
	out bytes.Buffer // what it prints; to be read after wait

	errs chan string // has what it says on standard error, once it has ended
}

// startTap starts "postern tap" before a backend, and returns once it listens.
func startTap(t *testing.T, listen, to string, args ...string) *tapped {
	t.Helper()
	return startTapTo(t, nil, listen, to, args...)
}

// startTapTo is startTap with a standard output of its own.
func startTapTo(t *testing.T, out io.Writer, listen, to string, args ...string) *tapped {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	p := &tapped{errs: make(chan string, 1), cmd: exec.Command(bin, append([]string{"tap", "--listen", listen, "--to", to, "--grace", "10s"}, args...)...)}
	if p.cmd.Stdout = out; out == nil {
		p.cmd.Stdout = &p.out
	}
	errs, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(errs)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	p.url, _, _ = strings.Cut(strings.TrimPrefix(line, "listening on "), ",")
	go func() {
		b, _ := io.ReadAll(lines)
		p.errs <- string(b)
	}()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// stop ends it by SIGTERM, once its connections have ended, and returns what it printed without the
// times.
func (p *tapped) stop(t *testing.T) string {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if errs := p.wait(); !p.cmd.ProcessState.Success() || errs != "" {
		t.Errorf("postern tap: %s; %s", p.cmd.ProcessState, errs)
	}
	return withoutTimes(p.out.String())
}

// wait waits for its end, and returns what it has said on standard error.
func (p *tapped) wait() string {
	errs := <-p.errs
	p.cmd.Wait()
	return errs
}

// changing is what differs from run to run: times, ports and durations.
var changing = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{6} | Date="[^"]*"|127\.0\.0\.1:\d+|, [\d.]+[mµ]?s$`)

func withoutTimes(text string) string { return changing.ReplaceAllString(text, "") }

// Through a tap every protocol works as without one, and all that is said is printed.
func TestTap(t *testing.T) {
	backends := startServe(t, 4, "--to", "demo:?rpc=1", "--listen", "fastcgi://127.0.0.1:0", "--listen", "scgi://127.0.0.1:0",
		"--listen", "uwsgi://127.0.0.1:0", "--listen", "http://127.0.0.1:0")
	for i, row := range []struct{ name, says string }{
		{"fastcgi", `1 > BEGIN_REQUEST 1 RESPONDER
1 > PARAMS 1 REQUEST_METHOD="POST" REQUEST_URI="/echo" `},
		{"scgi", `1 > request CONTENT_LENGTH="130000" SCGI="1" REQUEST_METHOD="POST" REQUEST_URI="/echo" `},
		{"uwsgi", `1 > 0 (WSGI) 0 REQUEST_METHOD="POST" REQUEST_URI="/echo" `},
		{"http", `1 > request HTTP/1.1 POST "/echo" Host="localhost" Content-Length="130000"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pcap")
			p := startTap(t, row.name+"://127.0.0.1:0", backends[i], "--pcap", file)
			echoThrough(t, p.url)
			said := p.stop(t)
			if !strings.HasPrefix(said, "1 * open  -> , "+row.name+"\n"+row.says) {
				t.Errorf("it printed %.1000s", said)
			}
			out, errs, _ := commandLine(t, "", "decode", "--protocol", row.name, file)
			if diff := cmp.Diff(said, withoutTimes(out)); diff != "" || errs != "" {
				t.Errorf("of the capture decode says otherwise: %s%s", errs, diff)
			}
			if !strings.HasSuffix(said, "bytes <\n") || strings.Contains(said, "undecoded") {
				t.Errorf("it printed at the end ... %s", said[max(len(said)-1000, 0):])
			}
		})
	}
	t.Run("RPC and ping", func(t *testing.T) {
		p := startTap(t, "uwsgi://127.0.0.1:0", backends[2])
		if out, errs, _ := rpcCommandLine(t, "", p.url, "echo", "a"); out != "a" {
			t.Errorf("%q, %s", out, errs)
		}
		if out, errs, _ := rpcCommandLine(t, "", "--raw", p.url, "echo", "b"); out != "b" {
			t.Errorf("%q, %s", out, errs)
		}
		addr := strings.TrimPrefix(p.url, "uwsgi://")
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "\x64\x00\x00\x00")
		if got, err := io.ReadAll(c); err != nil || string(got) != "\x64\x00\x00\x01" {
			t.Errorf("%q answers the ping, %v", got, err)
		}
		c.Close()
		want := `1 * open  -> , uwsgi
1 > 173 (RPC) 0 "echo" "a"
1 < 173 (RPC) 0 "a"
1 * closed: 13 bytes >, 5 bytes <
2 * open  -> , uwsgi
2 > 173 (RPC) 1 "echo" "b"
2 < result "b"
2 * closed: 13 bytes >, 1 bytes <
3 * open  -> , uwsgi
3 > 100 (ping) 0
3 < 100 (ping) 1
3 * closed: 4 bytes >, 4 bytes <
`
		// either side may be the first to end
		if diff := cmp.Diff(want, regexp.MustCompile(`(?m)^\d [<>] end\n`).ReplaceAllString(p.stop(t), "")); diff != "" {
			t.Error(diff)
		}
	})
}

// A disk that is full, and a reader of its output who has gone, are told of and harm no connection.
func TestTapThatCannotTell(t *testing.T) {
	backend := startServe(t, 1, "--to", "demo:", "--listen", "scgi://127.0.0.1:0")[0]
	t.Run("a file", func(t *testing.T) {
		p := startTap(t, "scgi://127.0.0.1:0", backend, "--pcap", "/dev/full")
		for range 2 {
			echoThrough(t, p.url)
		}
		p.cmd.Process.Signal(syscall.SIGTERM)
		errs := p.wait()
		if p.cmd.ProcessState.ExitCode() != 1 || strings.Count(errs, "no space left on device") != 2 || !strings.Contains(p.out.String(), "2 * closed") {
			t.Errorf("%s; %s", p.cmd.ProcessState, errs)
		}
	})
	t.Run("a reader", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		p := startTapTo(t, w, "scgi://127.0.0.1:0", backend)
		w.Close()
		echoThrough(t, p.url)
		if errs := p.wait(); p.cmd.ProcessState.ExitCode() != 1 || !strings.HasSuffix(errs, "broken pipe\n") {
			t.Errorf("%s; %s", p.cmd.ProcessState, errs)
		}
	})
}

// A port that is taken is said so at once, and no file is begun.
func TestTapOnATakenPort(t *testing.T) {
	url := startServe(t, 1, "--to", "demo:", "--listen", "scgi://127.0.0.1:0")[0]
	file := filepath.Join(t.TempDir(), "pcap")
	out, errs, status := commandLine(t, "", "tap", "--listen", url, "--to", "scgi+unix:/nobody", "--pcap", file)
	want := "postern: " + url + ": listen: address already in use: something listens there already: stop it, or choose another address\n"
	if _, err := os.Stat(file); out != "" || errs != want || status != 2 || !os.IsNotExist(err) {
		t.Errorf("%q, %q, status %d, %v", out, errs, status, err)
	}
}

// Who would be its own backend is told so before it listens.
func TestOwnBackend(t *testing.T) {
	for _, row := range []struct {
		backend string
		args    []string
	}{
		{"--to ", []string{"tap", "--listen", "scgi://:9", "--to", "scgi://127.0.0.1:9"}},
		{"--to ", []string{"explore", "--tap", "scgi://:9", "--to", "scgi://127.0.0.1:9"}},
		{"--to ", []string{"serve", "--listen", "demo:", "--listen", "scgi://:9", "--to", "demo:", "--to", "scgi://127.0.0.1:9"}},
		{"--at /app=", []string{"serve", "--listen", "scgi://:9", "--at", "/app=scgi://127.0.0.1:9", "--to", "demo:"}},
	} {
		out, errs, status := commandLine(t, "", row.args...)
		want := "postern: " + row.backend + "scgi://127.0.0.1:9 is where --listen scgi://:9 listens: "
		if out != "" || !strings.HasPrefix(errs, want) || status != 2 {
			t.Errorf("%s: %q, %q, status %d", row.args[0], out, errs, status)
		}
	}
}

// A wire that nobody decodes, as one over TLS, is refused, and leaves no socket behind.
func TestTapOfNoKnownWire(t *testing.T) {
	dir := t.TempDir()
	cert, key := certtest.Write(t, dir, "server", certtest.New(t).Issue(t, pkix.Name{CommonName: "one"}))
	socket := filepath.Join(dir, "tap")
	_, errs, status := commandLine(t, "", "tap", "--listen", "fastcgis+unix:"+socket+"?cert="+cert+"&key="+key, "--to", "fastcgis://127.0.0.1:9")
	if _, err := os.Stat(socket); !strings.Contains(errs, `unknown protocol "fastcgis"`) || status != 2 || !os.IsNotExist(err) {
		t.Errorf("%q, status %d, the socket: %v", errs, status, err)
	}
}
