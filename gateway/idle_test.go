package gateway_test

import (
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
)

// idleHeap is what an idle connection may take of the heap, in bytes.
const idleHeap = 3 << 9

// Idle connections take little of the heap, and those that are kept no goroutine; one on which
// less has come than tells a protocol has one, whose stack is the smallest there is. What the
// system sees of that is measured from outside, by cmd/postern.
func TestIdleConnectionsAreSmall(t *testing.T) {
	const n = 1000
	raiseDescriptors(t, 3*n)
	for _, row := range []struct {
		way, send  string
		answered   bool
		goroutines int // of each
	}{
		{"fastcgi", "", false, 1}, {"scgi", "", false, 1}, {"uwsgi", "", false, 1}, {"http", "", false, 1}, {"auto", "", false, 1},
		{"fastcgi", "\x01", false, 1}, {"auto", "4", false, 1}, {"http", "G", false, 1},
		{"fastcgi", ways["fastcgi"].request, true, keptGoroutines},
		{"http", ways["http"].request, true, keptGoroutines},
		{"auto, http", ways["http"].request, true, keptGoroutines},
	} {
		t.Run(fmt.Sprintf("%s after %d bytes", row.way, len(row.send)), func(t *testing.T) {
			l := &handed{conns: make(chan net.Conn), closed: make(chan struct{})}
			s := &gateway.Server{MethodOptional: true, Handler: text("left")}
			s.BecomeIdleAfter(time.Millisecond)
			serve(t, s, func() error { return ways[row.way].serve(s, l) })
			fill(t, l, 50, row.send, row.answered) // pools and the like
			s.AwaitIdle()
			before, goroutines := heap(), runtime.NumGoroutine()
			peers := fill(t, l, n, row.send, row.answered)
			s.AwaitIdle()
			for most := goroutines + n*row.goroutines + 50; runtime.NumGoroutine() > most; {
				runtime.Gosched() // for ever, where kept ones keep theirs
			}
			if each := (heap() - before) / n; each > idleHeap {
				t.Errorf("an idle connection takes %d > %d bytes of the heap", each, idleHeap)
			} else {
				t.Logf("%d bytes each", each)
			}
			runtime.KeepAlive(peers)
		})
	}
}

// A connection that has ended leaves nothing behind, such as a timer that holds it until it runs
// off: a front may connect for each request.
func TestEndedConnectionsLeaveNothing(t *testing.T) {
	const rounds, n, left = 20, 50, 300 // bytes
	raiseDescriptors(t, 3*rounds*n)
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		t.Run(way, func(t *testing.T) {
			l := &handed{conns: make(chan net.Conn), closed: make(chan struct{})}
			s := &gateway.Server{MethodOptional: true, Handler: text("left")}
			s.BecomeIdleAfter(time.Hour)
			serve(t, s, func() error { return ways[way].serve(s, l) })
			exchanges := func() {
				for _, fd := range fill(t, l, n, ways[way].request, true) {
					syscall.Shutdown(fd, syscall.SHUT_RDWR)
				}
				s.AwaitIdle()
			}
			exchanges() // pools, and goroutines, which the runtime keeps
			before := heap()
			for range rounds {
				exchanges()
			}
			each := int64(left + 1)
			for i := 0; i < 100 && each > left; i++ { // stopped timers are still to be removed
				each = (heap() - before) / (rounds * n)
			}
			if t.Logf("%d bytes each", each); each > left {
				t.Errorf("a connection that has ended holds %d > %d bytes of the heap", each, left)
			}
		})
	}
}

// heap is what is in use of it: the peers' ends are bare descriptors.
func heap() int64 {
	var m runtime.MemStats
	for range 3 { // a sync.Pool keeps what it has for one collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func raiseDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil || r.Cur < n {
		t.Fatalf("%d descriptors are needed: %v, %v", n, r, err)
	}
}

// fill hands n connections to l's server, on which this is sent, and read an answer to if there is
// one, and returns the peers' descriptors.
func fill(t *testing.T, l *handed, n int, send string, answered bool) []int {
	t.Helper()
	fds := make([]int, n)
	t.Cleanup(func() {
		for _, fd := range fds {
			syscall.Close(fd)
		}
	})
	for i := range fds {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		f := os.NewFile(uintptr(pair[0]), "")
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		l.conns <- c
		fds[i] = pair[1]
		exchangeOn(t, pair[1], send, answered)
	}
	l.conns <- nil // those before it have been accepted
	return fds
}

func exchangeOn(t *testing.T, fd int, request string, answered bool) {
	t.Helper()
	if request == "" {
		return
	}
	if _, err := syscall.Write(fd, []byte(request)); err != nil {
		t.Fatal(err)
	}
	if !answered {
		return
	}
	var b [512]byte
	if n, err := syscall.Read(fd, b[:]); n <= 0 || err != nil {
		t.Fatal(n, err)
	}
}

// handed is a listener for connections that are made elsewhere. A nil one is a failure that passes.
type handed struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *handed) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		if c == nil {
			return nil, temporary{}
		}
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *handed) Close() error {
	close(l.closed)
	return nil
}

func (l *handed) Addr() net.Addr { return otherAddr("handed") }
