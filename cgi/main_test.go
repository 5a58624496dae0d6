package cgi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// The test binary is also a CGI program of its own: CGI_TEST_PROGRAM says which.
func TestMain(m *testing.M) {
	if p := programs[os.Getenv("CGI_TEST_PROGRAM")]; p != nil && IsScript() {
		p()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// bench is a directory of scripts, a client for them and what it has logged.
type bench struct {
	testing.TB
	dir string
	c   *Client
	log *logBuffer
}

func newBench(t testing.TB) *bench {
	b := &bench{TB: t, dir: t.TempDir(), log: new(logBuffer)}
	b.c = &Client{Log: slog.New(slog.NewTextHandler(b.log, nil)), LingerTime: 200 * time.Millisecond, KillGrace: 300 * time.Millisecond}
	t.Cleanup(func() { b.c.Close() })
	return b
}

// write writes an executable file and returns its path.
func (b *bench) write(name, text string) string {
	b.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		b.Fatal(err)
	}
	return path
}

// sh makes the client run a shell script.
func (b *bench) sh(text string) {
	b.Helper()
	b.c.Path = b.write("script.cgi", "#!/bin/sh\n"+text)
}

// program makes the client run one of the programs of this binary.
func (b *bench) program(name string) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	b.c.Path = self
	b.c.Env = append(b.c.Env, "CGI_TEST_PROGRAM="+name)
}

// compiled builds a static C program, where there is a compiler; else a shell script stands in for
// it.
func (b *bench) compiled(source, otherwise string) {
	b.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		b.sh(otherwise)
		return
	}
	src, out := b.write("program.c", source), filepath.Join(b.dir, "program")
	if msg, err := exec.Command(cc, "-O2", "-static", "-o", out, src).CombinedOutput(); err != nil {
		b.Logf("%s: %s", cc, msg)
		b.sh(otherwise)
		return
	}
	b.c.Path = out
}

const helloC = `#include <unistd.h>
int main(void) {
	static const char s[] = "Content-Type: text/plain\r\n\r\nhello, world\n";
	return write(1, s, sizeof s - 1) != sizeof s - 1;
}`

const helloSh = "printf 'Content-Type: text/plain\\r\\n\\r\\nhello, world\\n'\n"

// get is a GET as a front sends it.
func get(path string) *protocol.Request {
	raw, query, _ := strings.Cut(path, "?")
	return &protocol.Request{Params: protocol.Params{
		{Name: "REQUEST_METHOD", Value: "GET"}, {Name: "SCRIPT_NAME", Value: raw}, {Name: "QUERY_STRING", Value: query},
		{Name: "REQUEST_URI", Value: path}, {Name: "SERVER_PROTOCOL", Value: "HTTP/1.1"}, {Name: "SERVER_NAME", Value: "example.org"},
		{Name: "SERVER_PORT", Value: "80"}, {Name: "REMOTE_ADDR", Value: "192.0.2.1"},
	}}
}

// post is a POST with a body of length bytes, or of unknown length if that is negative.
func post(path string, body io.Reader, length int64) *protocol.Request {
	r := get(path)
	r.Params.Set("REQUEST_METHOD", "POST")
	if length >= 0 {
		r.Params.Set("CONTENT_LENGTH", fmt.Sprint(length))
	}
	r.Body, r.ContentLength = body, length
	return r
}

// A result is what has come of a request.
type result struct {
	Status int
	Header http.Header
	Body   string
	Err    error // of RoundTrip, or of reading the body
}

// do makes the request and reads all of the answer. A status stands for an error, as a front would
// see it.
func (b *bench) do(r *protocol.Request) result { return b.doContext(context.Background(), r) }

func (b *bench) doContext(ctx context.Context, r *protocol.Request) (res result) {
	resp, err := b.c.RoundTrip(ctx, r)
	if err != nil {
		return result{Status: protocol.Status(err), Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return result{resp.Status, resp.Header, string(body), err}
}

// want fails the test unless the answer is a success with that body.
func (b *bench) want(res result, body string) {
	b.Helper()
	if res.Err != nil || res.Status != 200 || res.Body != body {
		b.Fatalf("got %d %.200q %v, want 200 %.200q\nlog: %s", res.Status, res.Body, res.Err, body, b.log)
	}
}

// wantFailure fails the test unless the request failed with that status and an error, or a log,
// that says why.
func (b *bench) wantFailure(res result, status int, why string) {
	b.Helper()
	if res.Err == nil || res.Status != status || !strings.Contains(res.Err.Error(), why) {
		b.Fatalf("got %d %v, want %d and %q", res.Status, res.Err, status, why)
	}
	if kind := refusals[status]; kind != nil && !errors.Is(res.Err, kind) {
		b.Errorf("%v: want the kind %q", res.Err, kind)
	}
}

// refusals are the kinds of what is not there, and of what may not be had.
var refusals = map[int]error{http.StatusForbidden: protocol.ErrForbidden, http.StatusNotFound: protocol.ErrNotFound}

// closed closes the client and returns what has been logged: all of it, then.
func (b *bench) closed() string {
	b.Helper()
	if err := b.c.Close(); err != nil {
		b.Fatal(err)
	}
	return b.log.String()
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
