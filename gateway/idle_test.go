package gateway_test

import (
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// idleBound is what an idle connection may take of heap and stack, in bytes.
const idleBound = 5 << 10

// Idle connections take little: those on which nothing has come, and those that are kept after a request.
func TestIdleConnectionsAreSmall(t *testing.T) {
	const n = 1000
	raiseDescriptors(t, 3*n)
	for name, p := range map[string]protocol.Protocol{"fastcgi": everyProtocol[0], "scgi": everyProtocol[1], "uwsgi": everyProtocol[2]} {
		for _, used := range []bool{false, true} {
			if used && name != "fastcgi" {
				continue // they carry one request
			}
			l := &handed{conns: make(chan net.Conn), closed: make(chan struct{})}
			s := &gateway.Server{MethodOptional: true, Handler: text("left")}
			serve(t, s, func() error { return s.Serve(l, p) })
			fill(t, l, 10, used) // pools and the like
			before := memory()
			peers := fill(t, l, n, used)
			s.ParkIdle()
			each, bound := (memory()-before)/n, int64(idleBound*frames)
			t.Logf("%s, after a request: %v: %d bytes each", name, used, each)
			if each > bound {
				t.Errorf("%s, after a request: %v: an idle connection takes %d > %d bytes", name, used, each, bound)
			}
			runtime.KeepAlive(peers)
		}
	}
}

// memory is the heap and the stacks in use, less what is the test's own: the peers' ends are bare descriptors.
func memory() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func raiseDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil || r.Cur < n {
		t.Fatalf("%d descriptors are needed: %v, %v", n, r, err)
	}
}

// fill hands n connections to l's server, with a request each if used is set, and returns the peers' descriptors.
func fill(t *testing.T, l *handed, n int, used bool) []int {
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
		if used {
			exchangeOn(t, pair[1], ways["fastcgi"].request)
		}
	}
	l.conns <- nil // those before it have been accepted
	return fds
}

func exchangeOn(t *testing.T, fd int, request string) {
	t.Helper()
	if _, err := syscall.Write(fd, []byte(request)); err != nil {
		t.Fatal(err)
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
