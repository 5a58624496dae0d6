package gateway_test

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/scgi"
)

// A failing is a listener whose accept fails with errs, one after the other, and then for good.
type failing struct {
	errs []error
	at   []time.Duration // when accept was called
	from time.Time
}

var errForGood = errors.New("for good")

func (l *failing) Accept() (net.Conn, error) {
	l.at = append(l.at, time.Since(l.from))
	if len(l.errs) == 0 {
		return nil, errForGood
	}
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, err
}

func (l *failing) Close() error   { return nil }
func (l *failing) Addr() net.Addr { return otherAddr("failing") }

// temporary is an error as listeners have it that are not the system's.
type temporary struct{}

func (temporary) Error() string   { return "temporary" }
func (temporary) Temporary() bool { return true }

func TestAcceptBacksOff(t *testing.T) {
	for name, err := range map[string]error{
		"EMFILE": syscall.EMFILE, "ENFILE": syscall.ENFILE, "ECONNABORTED": syscall.ECONNABORTED, "ENOBUFS": syscall.ENOBUFS,
		"ENOMEM": syscall.ENOMEM, "temporary": temporary{},
	} {
		synctest.Test(t, func(t *testing.T) {
			out, logger := newLog()
			l := &failing{from: time.Now()}
			for range 12 {
				l.errs = append(l.errs, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", err)})
			}
			s := &gateway.Server{Handler: text(""), Log: logger}
			if err := s.Serve(l, scgi.Protocol{}); err != errForGood {
				t.Errorf("%s: Serve returned %v", name, err)
			}
			wait, sum := 5*time.Millisecond, time.Duration(0)
			for i, at := range l.at {
				if at != sum {
					t.Errorf("%s: attempt %d after %v, want %v", name, i, at, sum)
				}
				sum += wait
				wait = min(2*wait, 100*time.Millisecond)
			}
			if len(l.at) != 13 {
				t.Errorf("%s: %d attempts, want 13", name, len(l.at))
			}
			if n := strings.Count(out.String(), "accept failed; trying again"); n == 0 || n > 6 {
				t.Errorf("%s: 12 failures in 0.9 s gave %d log lines", name, n)
			}
		})
	}
}

// A full is a listener whose accept fails with EMFILE until its one connection, which it gives
// first, has been closed.
type full struct {
	conn     chan net.Conn
	attempts int
	waited   time.Duration // from the connection's end to the accept after it
	ended    time.Time
	isClosed atomic.Bool
}

func (l *full) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return &ending{Conn: c, ended: &l.isClosed}, nil
	default:
	}
	if l.attempts++; !l.isClosed.Load() {
		return nil, syscall.EMFILE
	}
	l.waited = time.Since(l.ended)
	return nil, errForGood
}

func (l *full) Close() error   { return nil }
func (l *full) Addr() net.Addr { return otherAddr("full") }

// An ending tells that it has been closed.
type ending struct {
	net.Conn
	ended *atomic.Bool
}

func (c *ending) Close() error {
	c.ended.Store(true)
	return c.Conn.Close()
}

// Where descriptors have run out, the end of a connection has accept tried at once. The wait went
// on.
func TestAcceptGoesOnWhenAConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, peer := net.Pipe()
		l := &full{conn: make(chan net.Conn, 1)}
		l.conn <- server
		_, logger := newLog()
		s := &gateway.Server{Handler: text(""), Log: logger}
		done := make(chan error, 1)
		go func() { done <- s.Serve(l, scgi.Protocol{}) }()
		<-time.After(1010 * time.Millisecond) // of the bubble's clock: between two attempts
		synctest.Wait()
		l.ended = time.Now()
		peer.Close()
		if err := <-done; err != errForGood || l.waited != 0 {
			t.Errorf("%v, %v after the end", err, l.waited)
		}
		s.Close()
	})
}

// A server that waits after a failed accept still closes at once.
func TestCloseWhileBackingOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &failing{from: time.Now()}
		for range 100 {
			l.errs = append(l.errs, syscall.EMFILE)
		}
		out, logger := newLog()
		s := &gateway.Server{Handler: text(""), Log: logger}
		done := make(chan error, 1)
		go func() { done <- s.Serve(l, scgi.Protocol{}) }()
		synctest.Wait()
		before := time.Now()
		s.Close()
		if err := <-done; err != gateway.ErrServerClosed || time.Since(before) != 0 {
			t.Errorf("%v after %v, want ErrServerClosed at once; log: %s", err, time.Since(before), out)
		}
	})
}

// childTask names what a test's child process is to do.
const childTask = "POSTERN_TEST_CHILD"

func child() bool {
	switch os.Getenv(childTask) {
	case "":
		return false
	case "few descriptors":
		fewDescriptors()
	}
	return true
}

func TestRunningOutOfDescriptors(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childTask+"=few descriptors")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	addr, _ := net.ResolveTCPAddr("tcp", nextLine(t, lines, "listening on "))
	var idle []net.Conn
	for range 60 {
		c, err := net.Dial("tcp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
	}
	if line := nextLine(t, lines, "time="); !strings.Contains(line, "too many open files") || !strings.Contains(line, "accept failed; trying again") {
		t.Errorf("logged: %s", line)
	}
	for _, c := range idle {
		c.Close()
	}
	if got, err := get(t, scgiClient(addr), "/"); err != nil || got.Body != "hello" {
		t.Errorf("after that: %v, %v", got, err)
	}
	in.Close()
	nextLine(t, lines, "closed")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// nextLine returns what follows prefix in the next line that begins with it.
func nextLine(t *testing.T, lines *bufio.Scanner, prefix string) string {
	t.Helper()
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
			return rest
		}
	}
	t.Fatalf("no line begins with %q: %v", prefix, lines.Err())
	return ""
}
