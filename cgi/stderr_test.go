package cgi

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

func TestStandardErrorIsLogged(t *testing.T) {
	for _, row := range []struct {
		text   string
		script string
		want   []string // line=...
	}{
		{"a line", "echo one >&2", []string{"line=one"}},
		{"two lines", "echo one >&2; echo two >&2", []string{"line=one", "line=two"}},
		{"no end of line", "printf one >&2", []string{"line=one"}},
		{"CR LF", `printf 'one\r\n' >&2`, []string{"line=one"}},
		{"control bytes", `printf 'a\033[31m\000b\r\177\n' >&2`, []string{`line=a\x1b[31m\x00b\x0d\x7f`}},
		{"UTF-8 and not", `printf 'gr\303\274n \374 \302\233 \342\200\250\n' >&2`, []string{`line="grün \\xfc \\xc2\\x9b \\xe2\\x80\\xa8"`}},
		{"a line in pieces", "printf one >&2; printf two >&2; echo >&2", []string{"line=onetwo"}},
		{"by the descriptor's name", "echo one >/dev/stderr", []string{"line=one"}},
		{"a long line", "head -c 5000 /dev/zero | tr '\\0' x >&2", []string{"line=" + strings.Repeat("x", 4096), "line=" + strings.Repeat("x", 904)}},
		{"more than the pipe holds, before the head", "yes 'no end of complaints' | head -n 20000 >&2", []string{`line="no end of complaints"`}},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(row.script + "\n" + printed(`X: 1\n\nbody`))
			b.want(b.do(get("/path?query")), "body")
			log := b.closed()
			for _, want := range row.want {
				if !strings.Contains(log, want+"\n") || !strings.Contains(log, "script="+b.c.Path) || !strings.Contains(log, `request="GET /path?query"`) {
					t.Errorf("no %s in %.2000s", want, log)
				}
			}
		})
	}
}

// What a script complains of after a while is logged too, and what it said before it was killed.
func TestStandardErrorOfALongScript(t *testing.T) {
	b := newBench(t)
	b.sh("echo early >&2; sleep 0.03; echo late >&2; echo ready >$0.ready; sleep 1000")
	ready := b.fifo("script.cgi.ready")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		os.ReadFile(ready)
		cancel()
	}()
	b.wantFailure(b.doContext(ctx, get("/")), 400, "context canceled")
	if log := b.closed(); !strings.Contains(log, "line=early") || !strings.Contains(log, "line=late") {
		t.Fatal(log)
	}
}

func TestStandardErrorIsLimited(t *testing.T) {
	b := newBench(t)
	b.c.StderrRate = 5
	b.sh("yes | head -n 1000 >&2\n" + printed(`X: 1\n\nbody`))
	b.want(b.do(get("/")), "body")
	log := b.closed()
	if n := strings.Count(log, "line=y"); n < 10 || n > 15 {
		t.Fatalf("%d lines", n)
	}
	if !strings.Contains(log, "left out") {
		t.Fatal(log)
	}
}

func TestRate(t *testing.T) {
	var r rate
	start := time.Unix(1000, 0)
	for i := range 20 {
		if r.allow(start, 10) != (i < 20) {
			t.Fatal(i)
		}
	}
	if r.allow(start, 10) || r.allow(start.Add(50*time.Millisecond), 10) {
		t.Fatal("beyond the limit")
	}
	if !r.allow(start.Add(200*time.Millisecond), 10) {
		t.Fatal("not after a while")
	}
	if n := r.takeDropped(start); n != 2 {
		t.Fatal(n)
	}
	r.dropped = 3
	if n := r.takeDropped(start.Add(time.Second / 2)); n != 0 {
		t.Fatal("told twice in a second")
	}
	if n := r.takeDropped(start.Add(time.Second)); n != 3 {
		t.Fatal(n)
	}
	if !r.allow(start, -1) {
		t.Fatal("no limit")
	}
}

// What the script writes to standard error is passed on as it is to who asked.
func TestStandardErrorIsPassedOn(t *testing.T) {
	for _, row := range []struct{ text, script, want string }{
		{"soon", "printf 'a\\033\\nb' >&2\n" + printed(`X: 1\n\nbody`), "a\033\nb"},
		{"after a while", "echo a >&2; sleep 0.03; echo b >&2\n" + printed(`X: 1\n\nbody`) + "echo c >&2", "a\nb\nc\n"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(row.script)
			var got bytes.Buffer
			b.want(b.doContext(protocol.WithStderr(t.Context(), &got), get("/")), "body")
			if got.String() != row.want {
				t.Fatalf("%.100q, %d bytes", got.String(), got.Len())
			}
		})
	}
	t.Run("without an answer", func(t *testing.T) {
		b := newBench(t)
		b.sh("echo no good >&2; exit 1")
		var got bytes.Buffer
		b.wantFailure(b.doContext(protocol.WithStderr(t.Context(), &got), get("/")), 502, "exit status 1")
		if got.String() != "no good\n" {
			t.Fatal(got.String())
		}
	})
}

// Nobody reads the response: what is held for it is bounded.
func TestStandardErrorHeldIsBounded(t *testing.T) {
	b := newBench(t)
	l := &stderrLog{c: b.c, r: get("/"), fd: -1, keepRaw: true}
	for range 100 {
		l.write(bytes.Repeat([]byte("x\n"), 1000))
	}
	var got bytes.Buffer
	l.writeRawTo(&got)
	l.writeRawTo(&got)
	if got.Len() != rawMax {
		t.Fatal(got.Len())
	}
}
