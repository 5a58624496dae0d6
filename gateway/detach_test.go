package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// A listener that goes from one server to the next, again and again, loses no request.
func TestDetachLosesNothing(t *testing.T) {
	for name, way := range ways {
		for network, l := range map[string]net.Listener{"tcp": tcp(t), "unix": unix(t)} {
			t.Run(name+"/"+network, func(t *testing.T) { detachUnderLoad(t, way.serve, l, way.request, way.answer) })
		}
	}
}

func detachUnderLoad(t *testing.T, serveBy func(*gateway.Server, net.Listener) error, l net.Listener, request, answer string) {
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	answered, failed := make(chan struct{}, 1), make(chan string, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			if got := askOnce(l.Addr(), request, answer); !strings.Contains(got, answer) {
				failed <- got
				return
			}
			select {
			case answered <- struct{}{}:
			default:
			}
		}
	}()
	for range 10 {
		s := &gateway.Server{MethodOptional: true, Handler: text("left")}
		served := make(chan error, 1)
		go func() { served <- serveBy(s, &gateway.Listener{Listener: l}) }()
		for range 3 {
			select {
			case <-answered:
			case got := <-failed:
				t.Fatalf("lost: %q", got)
			case err := <-served:
				t.Fatalf("Serve returned %v", err)
			}
		}
		if err := s.Detach(l); err != nil {
			t.Fatal(err)
		}
		if err := <-served; err != gateway.ErrDetached {
			t.Errorf("Serve returned %v", err)
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	cancel()
	last := &gateway.Server{MethodOptional: true, Handler: text("left")}
	serve(t, last, func() error { return serveBy(last, l) })
	if got, ok := <-failed; ok {
		t.Errorf("lost: %q", got)
	}
}

// askOnce returns what comes back for a request on a connection of its own, up to the answer.
func askOnce(addr net.Addr, request, answer string) string {
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	io.WriteString(c, request)
	return answerOn(c, answer)
}

// answerOn returns what comes on c, up to the answer.
func answerOn(c net.Conn, answer string) string {
	got, b := "", make([]byte, 4096)
	for !strings.Contains(got, answer) {
		n, err := c.Read(b)
		if got += string(b[:n]); err != nil {
			return got + err.Error()
		}
	}
	return got
}

// What is being served when its listener is detached is served on, and the socket's file stays.
func TestDetachCutsNothing(t *testing.T) {
	for name, way := range ways {
		h := newBlocking()
		s := &gateway.Server{MethodOptional: true, Handler: h}
		l := unix(t)
		done := serve(t, s, func() error { return way.serve(s, l) })
		c := dial(t, l.Addr())
		io.WriteString(c, way.request)
		<-h.entered
		if err := s.Detach(l); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-done; err != gateway.ErrDetached {
			t.Errorf("%s: Serve returned %v", name, err)
		}
		close(h.leave)
		if !exchange(c, "") {
			t.Errorf("%s: no answer", name)
		}
		s.Shutdown(t.Context())
		if _, err := os.Stat(l.Addr().String()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		l.Close()
	}
}

// A duplicate of the listener's descriptor goes on where another process would have it.
func TestDetachForAnotherProcess(t *testing.T) {
	s := &gateway.Server{Handler: text("left")}
	l := unix(t).(*net.UnixListener)
	client := serveSCGI(t, s, l)
	if got, err := get(t, client, "/"); err != nil || got.Body != "left" {
		t.Fatal(got, err)
	}
	if err := s.Detach(l); err != nil {
		t.Fatal(err)
	}
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l.SetUnlinkOnClose(false)
	l.Close()
	passed, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	successor := &gateway.Server{Handler: text("the successor")}
	serve(t, successor, func() error { return successor.Serve(passed, scgi.Protocol{}) })
	if got, err := get(t, client, "/"); err != nil || got.Body != "the successor" {
		t.Error(got, err)
	}
}

func TestDetachWhileThereIsNoRoom(t *testing.T) {
	h := newBlocking()
	s := &gateway.Server{MethodOptional: true, Handler: h, MaxConns: 1}
	l := tcp(t)
	done := serve(t, s, func() error { return s.Serve(l, scgi.Protocol{}) })
	io.WriteString(dial(t, l.Addr()), ways["scgi"].request)
	<-h.entered
	if err := s.Detach(l); err != nil {
		t.Error(err)
	}
	if err := <-done; err != gateway.ErrDetached {
		t.Error(err)
	}
	close(h.leave)
	l.Close()
}

func TestDetachFails(t *testing.T) {
	s := &gateway.Server{Handler: protocol.HandlerFunc(nil)}
	l := tcp(t)
	if err := s.Detach(l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a listener that is not served: %v", err)
	}
	if err := s.Detach(&handed{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a listener without SetDeadline: %v", err)
	}
	s.Close()
	if err := s.Serve(l, scgi.Protocol{}); err != gateway.ErrServerClosed {
		t.Error(err)
	}
	if err := s.Detach(l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed server: %v", err)
	}
}

// Once Detach has returned nobody of the server accepts: a listener that then blocks, as one does
// that is passed on to another process, blocks nobody.
func TestDetachedListenerMayBlock(t *testing.T) {
	for network, l := range map[string]net.Listener{"tcp": tcp(t), "unix": unix(t)} {
		t.Run(network, func(t *testing.T) {
			defer l.Close()
			for range 20 {
				detachBlocking(t, l)
			}
		})
	}
}

// detachBlocking has a server serve many connections of a request each until it is detached, and
// then makes the listener block.
func detachBlocking(t *testing.T, l net.Listener) {
	way := ways["scgi"]
	s := &gateway.Server{MethodOptional: true, Handler: text("left")}
	served := make(chan error, 1)
	go func() { served <- way.serve(s, l) }()
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	answered := make(chan struct{}, 1)
	for range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				askOnce(l.Addr(), way.request, way.answer)
				select {
				case answered <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 3 {
		<-answered
	}
	if err := s.Detach(l); err != nil {
		t.Fatal(err)
	}
	<-served
	setBlocking(t, l, true)
	cancel()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	setBlocking(t, l, false)
	last := &gateway.Server{MethodOptional: true, Handler: text("left")}
	go func() { served <- way.serve(last, l) }()
	clients.Wait() // those that connected meanwhile are served by the next
	askOnce(l.Addr(), way.request, way.answer)
	if err := last.Detach(l); err != nil {
		t.Fatal(err)
	}
	<-served
	if err := last.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// setBlocking says whether the system waits in accept(2) on l.
func setBlocking(t *testing.T, l net.Listener, yes bool) {
	t.Helper()
	raw, err := l.(syscall.Conn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { err = syscall.SetNonblock(int(fd), !yes) })
	}
	if err != nil {
		t.Fatal(err)
	}
}
