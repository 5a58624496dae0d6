//go:build linux && !race

package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/demo"
)

// What a quiet connection may take of the process's resident memory, in bytes.
const (
	newBound    = 6 << 10      // nothing has come, or one byte
	keptBound   = 4<<10 + 1<<9 // after a request
	quietConns  = 2000         // of one kind
	warmConns   = 100          // those before them, which pay for what is there once
	levelTime   = 3            // seconds in which the resident memory must stay what it is
	levelBytes  = 64 << 10     // but for so much
	settledTime = 2 * time.Minute
)

// A kept FastCGI connection took 9 KB, one that had sent a byte 12, and a kept one of HTTP 23:
// measured as the system sees it, from outside, with nothing collected or given back but by the
// process itself.
func TestQuietConnectionsAreSmall(t *testing.T) {
	fcgi, http := fastcgiGet(), "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"
	for _, row := range []struct {
		scheme, what, send string
		answered           bool
		bound              int
	}{
		{"fastcgi", "kept", fcgi, true, keptBound},
		{"auto", "kept FastCGI", fcgi, true, keptBound},
		{"http", "kept", http, true, keptBound},
		{"auto", "kept HTTP", http, true, keptBound},
		{"fastcgi", "a byte", fcgi[:1], false, newBound},
		{"auto", "a byte", fcgi[:1], false, newBound},
		{"scgi", "a byte", "7", false, newBound},
		{"uwsgi", "a byte", "\x00", false, newBound},
		{"http", "a byte", "G", false, newBound},
		{"fastcgi", "nothing", "", false, newBound},
		{"auto", "nothing", "", false, newBound},
		{"scgi", "nothing", "", false, newBound},
		{"uwsgi", "nothing", "", false, newBound},
		{"http", "nothing", "", false, newBound},
	} {
		t.Run(row.scheme+" "+row.what, func(t *testing.T) {
			t.Parallel()
			urls, cmd := startCommand(t, 1, "--listen", row.scheme+"://127.0.0.1:0", "--to", "demo:", "--log-level", "error")
			p := &process{t: t, pid: cmd.Process.Pid, addr: strings.TrimPrefix(urls[0], row.scheme+"://")}
			p.open(warmConns, row.send, row.answered)
			before := p.resident()
			p.open(quietConns, row.send, row.answered)
			p.await(before + quietConns*row.bound)
			t.Logf("%d bytes each", (p.resident()-before)/quietConns)
		})
	}
}

// fastcgiGet is a request by FastCGI that keeps the connection.
func fastcgiGet() string {
	var params string
	for _, p := range demoParams() {
		params += string([]byte{byte(len(p.Name)), byte(len(p.Value))}) + p.Name + p.Value
	}
	record := func(typ byte, content string) string {
		return string([]byte{1, typ, 0, 1, byte(len(content) >> 8), byte(len(content)), 0, 0}) + content
	}
	return record(1, "\x00\x01\x01\x00\x00\x00\x00\x00") + record(4, params) + record(4, "") + record(5, "")
}

// A process is a server that is looked at from outside.
type process struct {
	t     *testing.T
	pid   int
	addr  string
	conns int
}

// open opens n connections and sends each what is to be sent, until the process has accepted all,
// and answered where it is to.
func (p *process) open(n int, send string, answered bool) {
	for range n {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { c.Close() })
		if _, err := c.Write([]byte(send)); err != nil {
			p.t.Fatal(err)
		}
		var got []byte
		for buf := make([]byte, 1<<10); answered && !strings.Contains(string(got), demo.Hello); {
			n, err := c.Read(buf)
			if err != nil {
				p.t.Fatalf("after %q: %v", got, err)
			}
			got = append(got, buf[:n]...)
		}
	}
	p.conns += n
	p.until("it accepts all", func() bool {
		fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.pid))
		return err == nil && len(fds) > p.conns
	})
}

// await waits until the process takes no more than bound, and goes on to.
func (p *process) await(bound int) {
	level, last := 0, 0
	p.until(fmt.Sprintf("its resident memory settles below %d bytes", bound), func() bool {
		now := p.resident()
		if level++; now > bound || now > last+levelBytes || now < last-levelBytes {
			level, last = 0, now
		}
		return level >= levelTime*int(time.Second/lookEvery)
	})
}

const lookEvery = 100 * time.Millisecond

// until looks again and again until done.
func (p *process) until(what string, done func() bool) {
	p.t.Helper()
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	late := time.NewTimer(settledTime)
	defer late.Stop()
	for !done() {
		select {
		case <-looks.C:
		case <-late.C:
			p.t.Fatalf("not in %v: %s; it takes %d bytes", settledTime, what, p.resident())
		}
	}
}

// resident is the process's resident memory in bytes.
func (p *process) resident() (n int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(b), "VmRSS:")
	if _, err := fmt.Sscan(line, &n); err != nil {
		p.t.Fatal(err)
	}
	return n << 10
}
