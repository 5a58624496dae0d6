package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/internal/fetch"
)

// TestGet has exit statuses, and the demo asked by each protocol.
func TestGet(t *testing.T) {
	urls := startServe(t, 2, "--to", "demo:", "--listen", "auto://127.0.0.1:0", "--listen", "auto+unix:"+filepath.Join(t.TempDir(), "s"), "--log-level", "error")
	tcp, unix := strings.TrimPrefix(urls[0], "auto"), strings.TrimPrefix(urls[1], "auto")
	for _, row := range []struct {
		text   string
		args   []string
		out    string // a part of it
		err    string
		status int
	}{
		{"FastCGI", []string{"fastcgi" + tcp + "/vars?a=b"}, `["QUERY_STRING","a=b"]`, "", 0},
		{"SCGI", []string{"scgi" + unix + ":/vars?a=b"}, `["QUERY_STRING","a=b"]`, "", 0},
		{"uwsgi", []string{"uwsgi" + unix + ":/vars", "-p", "A=b"}, `["A","b"]`, "", 0},
		{"HTTP", []string{"http" + tcp + "/vars", "-X", "POST"}, `["REQUEST_METHOD","POST"]`, "", 0},
		{"a script", []string{"fastcgi" + tcp + "/vars", "--script", "/srv/x.php"}, `["SCRIPT_NAME","/x.php"]`, "", 0},
		{"every message", []string{"fastcgi" + unix + ":/vars", "--wire"}, `["QUERY_STRING",""]`, "1 < END_REQUEST 1 REQUEST_COMPLETE 0", 0},
		{"a load", []string{"fastcgi" + tcp + "/vars", "--repeat", "5"}, "status   200: 5", "", 0},
		{"a status", []string{"-f", "http" + tcp + "/status?code=418"}, "", "the answer is 418 I'm a teapot", 22},
		{"a head by GET", []string{"-I", "-X", "GET", "http" + tcp + "/vars", "-w", "|%{size_download}|"}, "\r\n\r\n|0|", "", 0},
		{"without TLS", []string{"-k", "http" + tcp + "/vars"}, `["REQUEST_METHOD","GET"]`, "", 0},
		{"time", []string{"-m", "1", "http" + tcp + "/sleep?ms=60000"}, "", "has said nothing within", 28},
		{"the wrong protocol", []string{"fastcgi+unix:" + notFastCGI(t) + ":/"}, "", "the peer speaks HTTP; is this an http:// port?", 8},
		{"a bad URL", []string{"nonsense"}, "", "no scheme", 3},
		{"bad usage", []string{"-I", "-d", "x", "http" + tcp}, "", "-I asks for a head", 2},
		{"nobody", []string{"http://127.0.0.1:1/"}, "", "connect to http://127.0.0.1:1", 7},
	} {
		out, errs, status := commandLine(t, "", append([]string{"get"}, row.args...)...)
		if !strings.Contains(out, row.out) || status != row.status || row.err == "" && errs != "" || !strings.Contains(errs, row.err) {
			t.Errorf("%s: %.300q, %q, status %d", row.text, out, errs, status)
		}
	}
}

// notFastCGI is a peer that answers as HTTP's servers do. It returns its socket.
func notFastCGI(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Read(make([]byte, 4096))
		c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	}()
	return path
}

// TestGetInterrupted: SIGINT ends it at once, with the status that a shell would give it.
func TestGetInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "get", "scgi+unix:"+path+":/")
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Read(make([]byte, 1))
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != 130 || errs.String() != "postern: interrupted\n" {
		t.Errorf("%v, %q", cmd.ProcessState, errs.String())
	}
}

// TestGetFlags: what curl has is called as curl calls it, and data keeps its order.
func TestGetFlags(t *testing.T) {
	c := getCommand()
	for short, long := range map[string]string{"X": "request", "d": "data", "F": "form", "H": "header", "i": "include", "I": "head", "o": "output", "O": "remote-name",
		"s": "silent", "S": "show-error", "f": "fail", "L": "location", "m": "max-time", "w": "write-out", "v": "verbose", "u": "user", "b": "cookie", "A": "user-agent",
		"e": "referer", "G": "get", "k": "insecure", "T": "upload-file"} {
		if f := c.Flags().ShorthandLookup(short); f == nil || f.Name != long {
			t.Errorf("-%s is no --%s", short, long)
		}
	}
	var cfg getConfig
	f := pflag.NewFlagSet("get", pflag.ContinueOnError)
	cfg.addMessageFlags(f)
	cfg.addAnswerFlags(f)
	err := f.Parse([]string{"-d", "a", "--data-binary", "@b", "--data-raw=c", "-dd", "-F", "x=1", "--form-string", "y=2", "-m", "1.5", "--connect-timeout", "300ms", "-sSLf"})
	want := []fetch.Datum{{Kind: fetch.DataText, Text: "a"}, {Kind: fetch.DataBinary, Text: "@b"}, {Kind: fetch.DataRaw, Text: "c"}, {Kind: fetch.DataText, Text: "d"}}
	if err != nil || !slices.Equal(cfg.Message.Data, want) || !slices.Equal(cfg.Message.Form, []fetch.FormField{{Text: "x=1"}, {Text: "y=2", Raw: true}}) {
		t.Errorf("%+v, %v", cfg.Message, err)
	}
	if cfg.MaxTime != 1500*time.Millisecond || cfg.ConnectTimeout != 300*time.Millisecond || !cfg.Show.Silent || !cfg.Show.Errors || !cfg.Follow || !cfg.Show.Fail {
		t.Errorf("%+v", cfg.Config)
	}
}
