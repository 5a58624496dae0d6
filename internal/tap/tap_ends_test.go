package tap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A backend that is not there resets the front, and the tap says why.
func TestNoBackend(t *testing.T) {
	b := newBench(t, "tcp", nil)
	b.backend.Close()
	front, err := net.Dial("tcp", b.front)
	if err == nil {
		defer front.Close()
		_, err = front.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
	b.stop()
	if _, kinds := b.said(); kinds != "open* close*" || !errors.Is(b.events[1].Err, syscall.ECONNREFUSED) {
		t.Errorf("%s, %v", kinds, b.events)
	}
}

// An Observe that takes no more holds up nobody. What did not fit is counted.
func TestSlowObserver(t *testing.T) {
	letGo := make(chan struct{})
	b := newBench(t, "tcp", func(b *bench) {
		observe := b.tap.Observe
		b.tap.Buffer = 200_000
		b.tap.Observe = func(e Event) { <-letGo; observe(e) }
	})
	front, back := b.connect(t)
	said := bytes.Repeat([]byte("said"), 250_000)
	var sending sync.WaitGroup
	sending.Go(func() {
		front.Write(said)
		front.(*net.TCPConn).CloseWrite()
	})
	if got, err := io.ReadAll(back); err != nil || !bytes.Equal(got, said) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	sending.Wait()
	for range 400 { // these find no room
		c, err := net.Dial("tcp", b.front)
		if err != nil {
			t.Fatal(err)
		}
		other, err := b.backend.Accept()
		if err != nil {
			t.Fatal(err)
		}
		other.Close()
		c.Close()
	}
	back.Close()
	close(letGo)
	b.stop()
	lost, noted := int64(0), 0
	for _, e := range b.events {
		lost += e.Lost
		noted += len(e.Data)
	}
	if lost == 0 || lost+int64(noted) != int64(len(said)) || noted > b.tap.Buffer {
		t.Errorf("%d bytes are noted and %d lost of %d", noted, lost, len(said))
	}
	if !strings.Contains(b.log.String(), "connections were passed on unseen") {
		t.Error(b.log.String())
	}
}

// An Observe that panics harms nobody.
func TestObserverThatPanics(t *testing.T) {
	b := newBench(t, "unix", func(b *bench) { b.tap.Observe = func(Event) { panic("oh") } })
	front, back := b.connect(t)
	io.WriteString(front, "said")
	front.Close()
	if got, err := io.ReadAll(back); err != nil || string(got) != "said" {
		t.Errorf("%q, %v", got, err)
	}
	back.Close()
	b.stop()
	if !strings.Contains(b.log.String(), "panic=oh") {
		t.Error(b.log.String())
	}
}

// After the end of its context a Tap resets what goes on for longer than Grace.
func TestGrace(t *testing.T) {
	b := newBench(t, "tcp", func(b *bench) { b.tap.Grace = time.Millisecond })
	front, back := b.connect(t)
	io.WriteString(front, "x")
	if _, err := io.ReadFull(back, make([]byte, 1)); err != nil { // so the tap has both of them
		t.Fatal(err)
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	for _, c := range []net.Conn{front, back} {
		if n, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%d, %v", n, err)
		}
	}
}

// So does one whose backend does not answer the call.
func TestGraceWhileConnecting(t *testing.T) {
	dialing := make(chan struct{})
	b := newBench(t, "tcp", func(b *bench) {
		b.tap.Grace = time.Millisecond
		b.tap.Dial = func(ctx context.Context) (net.Conn, error) {
			close(dialing)
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	front, err := net.Dial("tcp", b.front)
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	<-dialing
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if _, kinds := b.said(); kinds != "open* close*" || !errors.Is(b.events[1].Err, context.Canceled) {
		t.Errorf("%s, %v", kinds, b.events)
	}
}

// Who may not connect is not passed on.
func TestForbiddenPeer(t *testing.T) {
	b := newBench(t, "tcp", func(b *bench) { b.tap.Admits = func(net.Addr) bool { return false } })
	front, err := net.Dial("tcp", b.front)
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	if n, err := front.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes", n)
	}
	b.stop()
	if !strings.Contains(b.log.String(), "forbidden peer") || len(b.events) > 0 {
		t.Error(b.log.String(), b.events)
	}
}
