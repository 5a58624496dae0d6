package netiotest

import (
	"net"
	"testing"
	"time"
)

// Patience is how long a peer of a test waits for what must come at once, before the test fails.
const Patience = 20 * time.Second

// TCP returns the two ends of a TCP connection, as Unix does.
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
