//go:build !386 && !s390x

package netio

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// accepting is the result of an Accept that waits.
func accepting(a *Acceptor) chan error {
	result := make(chan error, 1)
	go func() {
		c, err := a.Accept()
		if c != nil {
			defer c.Close()
			if _, ok := c.(*SocketConn); !ok {
				err = errors.New("no SocketConn")
			}
		}
		result <- err
	}()
	return result
}

// What Accept has waited for is a SocketConn, too, which the poller does not know.
func TestAcceptorWaits(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		l := listen(t, network)
		a := NewAcceptor(l)
		defer a.Close()
		for range 100 {
			result := accepting(a)
			c, err := net.Dial(network, l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if err := <-result; err != nil {
				t.Fatalf("%s: %v", network, err)
			}
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("%s: the connection was closed: %v", network, err)
			}
			c.Close()
		}
	}
}

// Accept ends when somebody has closed the listener, which need not be who accepts.
func TestAcceptorOfAClosedListener(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		l := listen(t, network)
		a := NewAcceptor(l)
		defer a.Close()
		result := accepting(a)
		l.Close()
		if err := <-result; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v, want net.ErrClosed", network, err)
		}
	}
}

// Interrupt ends an Accept that waits, and those to come, as the listener's deadline says.
func TestAcceptorInterrupt(t *testing.T) {
	l := listen(t, "unix")
	a := NewAcceptor(l)
	defer a.Close()
	result := accepting(a)
	l.(*net.UnixListener).SetDeadline(time.Unix(1, 0))
	a.Interrupt()
	if err := <-result; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
	if _, err := a.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, want the deadline again", err)
	}
}

// TestAcceptorOfAWrapper: one with an Accept of its own is not passed over.
func TestAcceptorOfAWrapper(t *testing.T) {
	type wrapper struct{ *net.UnixListener }
	if NewAcceptor(wrapper{listen(t, "unix").(*net.UnixListener)}) != nil {
		t.Error("a wrapper's Accept is passed over")
	}
}
