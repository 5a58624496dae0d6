package netiotest

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a peer of a test waits for what must come at once, before the test fails.
const Patience = 20 * time.Second

// Unix returns the two ends of a Unix connection. They are closed when the test ends; a read or a write that takes longer than
// Patience fails.
func Unix(t testing.TB) (a, b *net.UnixConn) { return pair(t, syscall.SOCK_STREAM) }

// Packets returns the two ends of a connection on which a read returns what one write wrote.
func Packets(t testing.TB) (a, b *net.UnixConn) { return pair(t, syscall.SOCK_SEQPACKET) }

func pair(t testing.TB, typ int) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, typ, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, fd := range fds {
		syscall.CloseOnExec(fd)
		f := os.NewFile(uintptr(fd), "socket")
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		ends[i] = c.(*net.UnixConn)
		own(t, c)
	}
	return ends[0], ends[1]
}

// TCP returns the two ends of a TCP connection, in the same way.
func TCP(t testing.TB) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	own(t, c)
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	own(t, s)
	return s.(*net.TCPConn), c.(*net.TCPConn)
}

func own(t testing.TB, c net.Conn) {
	c.SetDeadline(time.Now().Add(Patience))
	t.Cleanup(func() { c.Close() })
}
