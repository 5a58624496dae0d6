//go:build !386 && !s390x

package netio

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

func listen(t *testing.T, network string) net.Listener {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// socketPair is a connection that its server has as a SocketConn.
func socketPair(t *testing.T, network string) (server *SocketConn, client net.Conn) {
	t.Helper()
	l := listen(t, network)
	client, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	c, err := NewAcceptor(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	a, ok := c.(*SocketConn)
	if !ok {
		t.Fatalf("accepted a %T: it had come", c)
	}
	return a, client
}

// TestSocketConnIsAConn is the suite of x/net for a net.Conn, on both sides.
func TestSocketConnIsAConn(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				server, client := socketPair(t, network)
				return server, client, func() { server.Close(); client.Close() }, nil
			})
		})
	}
}

// TestSocketConnWaitsForNobody: what can be done at once is done without the poller, and the first
// thing that must wait makes it known.
func TestSocketConnWaitsForNobody(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			server, client := socketPair(t, network)
			for range 3 {
				io.WriteString(client, "hello")
				buf := make([]byte, 5)
				if _, err := io.ReadFull(server, buf); err != nil || string(buf) != "hello" {
					t.Fatalf("%q, %v", buf, err)
				}
				if n, err := server.write2([]byte("he"), []byte("llo")); n != 5 || err != nil {
					t.Fatal(n, err)
				}
				if _, err := io.ReadFull(client, buf); err != nil || string(buf) != "hello" {
					t.Fatalf("%q, %v", buf, err)
				}
			}
			if server.file.Load() != nil {
				t.Error("the poller knows it, though nothing waited")
			}
			server.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := server.Read(make([]byte, 1)); !IsTimeout(err) {
				t.Errorf("a read with nothing to read ended with %v", err)
			}
			if server.file.Load() == nil {
				t.Error("it waited without the poller")
			}
		})
	}
}

// TestSocketConnUnderAConn: a Conn may set a deadline while it holds the descriptor.
func TestSocketConnUnderAConn(t *testing.T) {
	server, client := socketPair(t, "unix")
	b := New(server, nil)
	go io.WriteString(client, "x")
	if err := b.Wait(); err != nil || string(b.Buffered()) != "x" {
		t.Errorf("%q, %v", b.Buffered(), err)
	}
}

// TestSocketConnWritesAll: two pieces that are more than the socket takes arrive whole, in order.
func TestSocketConnWritesAll(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, sizes := range [][2]int{{3 << 20, 2 << 20}, {100, 5 << 20}, {5 << 20, 100}} {
			server, client := socketPair(t, network)
			first, second := bytes.Repeat([]byte("a"), sizes[0]), bytes.Repeat([]byte("b"), sizes[1])
			var sender sync.WaitGroup
			sender.Go(func() {
				defer server.Close()
				if n, err := server.write2(first, second); n != sizes[0]+sizes[1] || err != nil {
					t.Error(n, err)
				}
			})
			got, err := io.ReadAll(client)
			if sender.Wait(); err != nil || !bytes.Equal(got, append(first, second...)) {
				t.Errorf("%s %v: %d bytes came, %v", network, sizes, len(got), err)
			}
		}
	}
}

// TestSocketConnIsClosed: what is closed is no other connection's, whose descriptor may have the
// same number.
func TestSocketConnIsClosed(t *testing.T) {
	server, _ := socketPair(t, "unix")
	raw, err := server.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	for name, err := range map[string]error{
		"close":    server.Close(),
		"control":  raw.Control(func(uintptr) { t.Error("called") }),
		"deadline": server.SetDeadline(time.Time{}),
		"shutdown": server.CloseWrite(),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, row := range []func([]byte) (int, error){server.Read, server.Write} {
		if n, err := row(make([]byte, 1)); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Error(n, err)
		}
	}
}

// TestSocketConnHasAddresses of both ends.
func TestSocketConnHasAddresses(t *testing.T) {
	server, client := socketPair(t, "tcp")
	if got, want := server.RemoteAddr().String(), client.LocalAddr().String(); got != want {
		t.Errorf("RemoteAddr %s, want %s", got, want)
	}
	if got, want := server.LocalAddr().String(), client.RemoteAddr().String(); got != want {
		t.Errorf("LocalAddr %s, want %s", got, want)
	}
	l := listen(t, "unix")
	name := filepath.Join(t.TempDir(), "client")
	named, err := (&net.Dialer{LocalAddr: &net.UnixAddr{Name: name, Net: "unix"}}).Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	c, err := NewAcceptor(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.RemoteAddr().String(); got != name {
		t.Errorf("RemoteAddr %s, want %s", got, name)
	}
}

// TestSocketConnHasTheOptionsOfPackageNet, whether it came before the listener was tuned or after.
func TestSocketConnHasTheOptionsOfPackageNet(t *testing.T) {
	l := listen(t, "tcp")
	dial := func() {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	dial()
	a := NewAcceptor(l)
	dial()
	var conns []*SocketConn
	for i := range 2 {
		a.untuned.Store(int32(1 - i)) // the second has it from the listener
		c, err := a.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		conns = append(conns, c.(*SocketConn))
	}
	theirs, _ := netiotest.TCP(t)
	raw, err := theirs.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range [...][2]int{
		{syscall.IPPROTO_TCP, syscall.TCP_NODELAY},
		{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT},
	} {
		var got, want int
		raw.Control(func(fd uintptr) { want, _ = syscall.GetsockoptInt(int(fd), o[0], o[1]) })
		for i, c := range conns {
			c.raw().Control(func(fd uintptr) { got, _ = syscall.GetsockoptInt(int(fd), o[0], o[1]) })
			if got != want || want == 0 {
				t.Errorf("connection %d: option %v is %d, want %d", i, o, got, want)
			}
		}
	}
}
