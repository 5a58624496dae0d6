package cgi

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

type limitsT = protocol.Limits

func limits(set func(*limitsT)) *limitsT {
	l := new(limitsT)
	set(l)
	return l
}

// pid reads a process id that a script has written to a file.
func (b *bench) pid(name string) int {
	b.Helper()
	text, err := os.ReadFile(b.dir + "/" + name)
	if err != nil {
		b.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		b.Fatal(err)
	}
	return pid
}

// wantGone fails the test if one of the processes, whose ids are in files, is still there. The
// client has been closed.
func (b *bench) wantGone(names ...string) {
	b.Helper()
	for _, name := range names {
		pid := b.pid(name)
		if err := syscall.Kill(pid, 0); err != syscall.ESRCH && !hasEnded(pid) {
			b.Errorf("process %d of %s is still there", pid, name)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// hasEnded reports whether pid has ended and waits for a parent that is not us: an orphan is init's
// to reap.
func hasEnded(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	return len(f) > 1 && f[0] == "Z" && f[1] != strconv.Itoa(os.Getpid())
}

// A forker leaves a child behind, whose id it writes down before its head goes out.
const forker = `echo $$ >$0.leader
sleep 1000 & echo $! >$0.child
`

func TestAbort(t *testing.T) {
	for _, row := range []struct {
		text   string
		script string
		after  string // what is read of the response before the client goes
	}{
		{"before the head", forker + "echo ready >$0.ready; wait", ""},
		{"in the middle of the head", forker + printed(`X: 1\nY`) + "echo ready >$0.ready; wait", ""},
		{"after the head", forker + printed(`X: 1\n\nline\n`) + "wait", "line\n"},
		{"ignoring SIGTERM", "trap '' TERM\n" + forker + printed(`X: 1\n\nline\n`) + "while :; do sleep 1000; done", "line\n"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(row.script)
			ready := b.fifo("script.cgi.ready")
			ctx, cancel := context.WithCancelCause(t.Context())
			gone := errors.New("the client is gone")
			if row.after == "" {
				go func() {
					os.ReadFile(ready)
					cancel(gone)
				}()
				res := b.doContext(ctx, get("/"))
				b.wantFailure(res, 400, gone.Error())
			} else {
				resp, err := b.c.RoundTrip(ctx, get("/"))
				if err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, len(row.after))
				if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != row.after {
					t.Fatalf("%q %v", buf, err)
				}
				cancel(gone)
				if _, err := io.ReadAll(resp.Body); !errors.Is(err, protocol.ErrAborted) || !errors.Is(err, gone) {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			b.closed()
			b.wantGone("script.cgi.leader", "script.cgi.child")
		})
	}
}

// Nothing is started for a client that has gone already.
func TestAbortBeforeTheStart(t *testing.T) {
	b := newBench(t)
	b.sh("echo $$ >$0.leader")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.wantFailure(b.doContext(ctx, get("/")), 400, "context canceled")
	if _, err := os.Stat(b.c.Path + ".leader"); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("it was started")
	}
}

// fifo makes a named pipe, for scripts that say when they are ready.
func (b *bench) fifo(name string) string {
	b.Helper()
	path := b.dir + "/" + name
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// Who closes the body early ends the script.
func TestCloseEarly(t *testing.T) {
	b := newBench(t)
	b.sh(forker + printed(`X: 1\n\nline\n`) + "wait")
	resp, err := b.c.RoundTrip(t.Context(), get("/"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b.closed()
	b.wantGone("script.cgi.leader", "script.cgi.child")
}

// What is whole is not cut short: the script comes to its own end though the reader has seen
// enough.
func TestCloseWhenWhole(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		t.Run(method, func(t *testing.T) {
			b := newBench(t)
			b.c.LingerTime = 10 * time.Second
			b.sh(printed(`Content-Length: 4\n\nbody`) + "read go <$0.go; echo done >$0.done")
			path := b.fifo("script.cgi.go")
			r := get("/")
			r.Params.Set("REQUEST_METHOD", method)
			ctx, cancel := context.WithCancel(t.Context())
			resp, err := b.c.RoundTrip(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			if method == "GET" {
				io.ReadFull(resp.Body, make([]byte, 4))
			}
			resp.Body.Close()
			cancel()
			os.WriteFile(path, []byte("go\n"), 0)
			if err := b.c.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(b.dir + "/script.cgi.done"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A limit that does not hold lets the script run into the time in all, which then is what the error
// says: so an end that comes too late fails the test, however slow the machine is.
func TestTimeouts(t *testing.T) {
	for _, row := range []struct {
		text   string
		set    func(c *Client)
		script string
		status int
		why    string
	}{
		{"first byte", func(c *Client) { c.FirstByteTimeout = time.Second }, forker + "wait", 504, "more than 1s for the first byte"},
		{"between bytes", func(c *Client) { c.ReadTimeout = 50 * time.Millisecond }, forker + printed(`X: 1\n\nbody`) + "wait", 200, "more than 50ms between two bytes"},
		{"between bytes, where the first one took longer than that", func(c *Client) { c.ReadTimeout = 50 * time.Millisecond },
			"sleep 0.1; " + forker + printed(`X: 1\n\nbody`) + "wait", 200, "more than 50ms between two bytes"},
		{"a head that comes byte by byte", func(c *Client) { c.FirstByteTimeout = 300 * time.Millisecond }, forker + "while printf X; do sleep 0.05; done",
			504, "more than 300ms for the whole head"},
		{"between bytes of the head", func(c *Client) { c.ReadTimeout = 50 * time.Millisecond }, forker + printed(`X: `) + "wait", 504, "more than 50ms between two bytes"},
		{"in all", func(c *Client) { c.TotalTimeout = time.Second },
			forker + printed(`X: 1\n`) + "while echo Y: 2; do sleep 0.02; done", 504, "more than 1s in all"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.c.TotalTimeout = 20 * time.Second
			row.set(b.c)
			b.sh(row.script)
			res := b.do(get("/"))
			b.wantFailure(res, row.status, row.why)
			if protocol.Status(res.Err) != 504 {
				t.Error(protocol.Status(res.Err))
			}
			b.closed()
			b.wantGone("script.cgi.leader", "script.cgi.child")
		})
	}
}

// fcgiwrap holds the response open for as long as the background job lives.
func TestGrandchildHoldsStandardOutput(t *testing.T) {
	b := newBench(t)
	b.sh("sleep 1000 & echo $! >$0.child\n" + printed(`X: 1\n\nbody`))
	b.want(b.do(get("/")), "body")
	b.closed()
	b.wantGone("script.cgi.child")
}

// The response ends when the last holder of standard output lets go, not when the linger time is
// over: bug, each script whose output was held for a moment by a process that was just being
// started took a second.
func TestEndsWhenStandardOutputIsLetGo(t *testing.T) {
	b := newBench(t)
	b.c.LingerTime = time.Hour
	b.sh("(sleep 0.05; echo end) & " + printed(`X: 1\n\nbody\n`))
	b.want(b.do(get("/")), "body\nend\n")
}

func TestKeepBackground(t *testing.T) {
	b := newBench(t)
	b.c.KeepBackground = true
	b.sh("(read go <$0.go; echo done >$0.done) & " + printed(`X: 1\n\nbody`))
	path, done := b.fifo("script.cgi.go"), b.fifo("script.cgi.done")
	b.want(b.do(get("/")), "body")
	b.closed()
	os.WriteFile(path, []byte("go\n"), 0)
	if text, err := os.ReadFile(done); string(text) != "done\n" {
		t.Fatal(text, err)
	}
}

// A job that has let go of the response's pipes is nobody's business.
func TestDetachedJobRunsOn(t *testing.T) {
	b := newBench(t)
	b.sh("(read go <$0.go; echo done >$0.done) </dev/null >/dev/null 2>&1 & " + printed(`X: 1\n\nbody`))
	path, done := b.fifo("script.cgi.go"), b.fifo("script.cgi.done")
	b.want(b.do(get("/")), "body")
	b.closed()
	os.WriteFile(path, []byte("go\n"), 0)
	if text, err := os.ReadFile(done); string(text) != "done\n" {
		t.Fatal(text, err)
	}
}

// What the leader has written before it ended arrives whole, though the reader begins after the
// linger time has passed.
func TestSlowReaderGetsAllThatTheLeaderWrote(t *testing.T) {
	b := newBench(t)
	b.sh("sleep 1000 & echo $! >$0.child\n" + printed(`X: 1\n\n`) + "head -c 60000 /dev/zero")
	resp, err := b.c.RoundTrip(t.Context(), get("/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.c.Shutdown(t.Context()); err != nil { // so the linger time is over
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) != 60000 {
		t.Fatal(len(body), err)
	}
	resp.Body.Close()
	b.wantGone("script.cgi.child")
}

func TestClosesStandardOutputAndRunsOn(t *testing.T) {
	b := newBench(t)
	b.sh("echo $$ >$0.leader\n" + printed(`X: 1\n\nbody`) + "exec >&- 2>&-; sleep 1000 & echo $! >$0.child; wait")
	b.want(b.do(get("/")), "body")
	b.closed()
	b.wantGone("script.cgi.leader", "script.cgi.child")
}

func TestKilledInTheMiddle(t *testing.T) {
	b := newBench(t)
	b.sh(forker + printed(`X: 1\n\nbody`) + "kill -9 $$")
	b.wantFailure(b.do(get("/")), 200, "killed by signal SIGKILL")
	b.closed()
	b.wantGone("script.cgi.leader", "script.cgi.child")
}

func TestKilledAfterItsContentLength(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`Content-Length: 4\n\nbody`) + "kill -9 $$")
	b.want(b.do(get("/")), "body")
}

func TestForksAndExits(t *testing.T) {
	b := newBench(t)
	b.sh("(" + printed(`X: 1\n\nfrom the child`) + ") & exit 0")
	b.want(b.do(get("/")), "from the child")
}

// A line reaches the reader when the script has written it.
func TestFlushesPassAtOnce(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`Content-Type: text/event-stream\n\n`) + "while read line; do echo data: $line; done <$0.go")
	path := b.fifo("script.cgi.go")
	resp, err := b.c.RoundTrip(t.Context(), get("/"))
	if err != nil {
		t.Fatal(err)
	}
	events, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	for _, line := range []string{"one", "two", "three"} {
		events.WriteString(line + "\n")
		buf := make([]byte, 100)
		if n, err := resp.Body.Read(buf); err != nil || string(buf[:n]) != "data: "+line+"\n" {
			t.Fatalf("%q %v", buf[:n], err)
		}
	}
	resp.Body.Close()
}

func TestClosedClientRefuses(t *testing.T) {
	b := newBench(t)
	b.sh(helloSh)
	b.closed()
	b.wantFailure(b.do(get("/")), 503, "closed")
}

func TestShutdownEndsWhatDoesNotEnd(t *testing.T) {
	b := newBench(t)
	b.sh(forker + printed(`X: 1\n\nbody`) + "wait")
	resp, err := b.c.RoundTrip(t.Context(), get("/"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.c.Shutdown(ctx); err != context.Canceled {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); protocol.Status(err) != 503 {
		t.Fatal(err)
	}
	b.wantGone("script.cgi.leader", "script.cgi.child")
}
