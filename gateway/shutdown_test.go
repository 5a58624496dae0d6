package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// Each way in which a connection can be served has the same shutdown.
var ways = map[string]struct {
	serve   func(s *gateway.Server, l net.Listener) error
	request string // one that keeps the connection, where the protocol can
	answer  string // what of the answer shows that it is whole
}{
	"scgi": {
		func(s *gateway.Server, l net.Listener) error { return s.Serve(l, scgi.Protocol{}) },
		"43:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00,", "\r\n\r\nleft"},
	"uwsgi": {
		func(s *gateway.Server, l net.Listener) error { return s.Serve(l, uwsgi.Protocol{}) },
		"\x00\x15\x00\x00\x0e\x00REQUEST_METHOD\x03\x00GET", "\r\n\r\nleft"},
	"fastcgi": {
		func(s *gateway.Server, l net.Listener) error { return s.Serve(l, fastcgi.Protocol{}) },
		// BEGIN_REQUEST, responder, KEEP_CONN
		"\x01\x01\x00\x01\x00\x08\x00\x00" + "\x00\x01\x01\x00\x00\x00\x00\x00" +
			"\x01\x04\x00\x01\x00\x13\x00\x00" + "\x0e\x03REQUEST_METHODGET" +
			// PARAMS and STDIN end
			"\x01\x04\x00\x01\x00\x00\x00\x00" + "\x01\x05\x00\x01\x00\x00\x00\x00",
		"\r\n\r\nleft"},
	"http": {
		func(s *gateway.Server, l net.Listener) error { return s.ServeHTTP(l) },
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\r\n\r\nleft"},
	"auto": {
		func(s *gateway.Server, l net.Listener) error { return s.ServeAny(l, scgi.Protocol{}) },
		"43:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00,", "\r\n\r\nleft"},
	"auto, http": {
		func(s *gateway.Server, l net.Listener) error { return s.ServeAny(l, scgi.Protocol{}) },
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\r\n\r\nleft"},
}

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestShutdown(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			h := newBlocking()
			s := &gateway.Server{MethodOptional: true, Handler: h}
			l := unix(t)
			done := serve(t, s, func() error { return way.serve(s, l) })
			idle := dial(t, l.Addr())
			c := dial(t, l.Addr())
			io.WriteString(c, way.request)
			<-h.entered

			shut := make(chan error, 1)
			go func() { shut <- s.Shutdown(context.Background()) }()
			if err := <-done; err != gateway.ErrServerClosed {
				t.Errorf("Serve returned %v", err)
			}
			if b, err := io.ReadAll(idle); len(b) > 0 || err != nil {
				t.Errorf("the idle connection: %q, %v", b, err)
			}
			if _, err := net.Dial(l.Addr().Network(), l.Addr().String()); err == nil {
				t.Error("the listener is still open")
			}
			select {
			case err := <-shut:
				t.Fatalf("Shutdown returned with a request being served: %v", err)
			default:
			}
			h.leave <- struct{}{}
			b, err := io.ReadAll(c)
			if err != nil || !strings.Contains(string(b), way.answer) {
				t.Errorf("the request that was being served: %q, %v", b, err)
			}
			if err := <-shut; err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}

func TestShutdownEndsKeptConnections(t *testing.T) {
	for _, name := range []string{"fastcgi", "http", "auto, http"} {
		way := ways[name]
		s := &gateway.Server{MethodOptional: true, Handler: text("left")}
		l := unix(t)
		serve(t, s, func() error { return way.serve(s, l) })
		c := dial(t, l.Addr())
		for range 3 {
			if !exchange(c, way.request) {
				t.Fatalf("%s: no answer on a kept connection", name)
			}
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("%s: the kept connection ended with %v", name, err)
		}
	}
}

// A front that sends one request after the other without a pause does not hold up a shutdown.
func TestShutdownOfABusyConnection(t *testing.T) {
	for _, name := range []string{"fastcgi", "http"} {
		way := ways[name]
		s := &gateway.Server{MethodOptional: true, Handler: text("left")}
		l := unix(t)
		serve(t, s, func() error { return way.serve(s, l) })
		c := dial(t, l.Addr())
		first, ended := make(chan struct{}), make(chan int)
		go func() {
			answered := 0
			for ; exchange(c, way.request); answered++ {
				if answered == 0 {
					close(first)
				}
			}
			ended <- answered
		}()
		<-first
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		<-ended
	}
}

// exchange sends a request and reads its answer, up to the body.
func exchange(c net.Conn, request string) bool {
	io.WriteString(c, request)
	got, b := "", make([]byte, 4096)
	for !strings.Contains(got, "left") {
		n, err := c.Read(b)
		if err != nil {
			return false
		}
		got += string(b[:n])
	}
	return true
}

// What the context's end cuts short is told why, and its front sees that the answer is not whole.
func TestShutdownThatIsCutShort(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			causes := make(chan error, 1)
			entered := make(chan struct{}, 1)
			s := &gateway.Server{MethodOptional: true, Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
				entered <- struct{}{}
				<-r.Context().Done()
				causes <- context.Cause(r.Context())
				var err error
				for err == nil { // one that returns before the cut has its answer sent whole
					_, err = io.WriteString(w, "more")
				}
				return err
			})}
			l := tcp(t)
			serve(t, s, func() error { return way.serve(s, l) })
			c := dial(t, l.Addr())
			io.WriteString(c, way.request)
			<-entered
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := s.Shutdown(ctx); err != context.Canceled {
				t.Errorf("Shutdown: %v", err)
			}
			if cause := <-causes; !errors.Is(cause, gateway.ErrServerClosed) {
				t.Errorf("the request's context ended because of: %v", cause)
			}
			if b, err := io.ReadAll(c); err == nil {
				t.Errorf("the connection ended cleanly after %q", b)
			}
		})
	}
}

func TestCloseTwiceAndWithoutServe(t *testing.T) {
	s := new(gateway.Server)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// A handler that has taken its connection over is waited for, and Close reaches it.
func TestCloseOfAHijackedConnection(t *testing.T) {
	for _, name := range []string{"scgi", "http"} {
		ended := make(chan error, 1)
		entered := make(chan struct{})
		s := &gateway.Server{Handler: protocol.FromHTTP(hijacker(entered, ended))}
		l := tcp(t)
		serve(t, s, func() error { return ways[name].serve(s, l) })
		c := dial(t, l.Addr())
		io.WriteString(c, ways[name].request)
		<-entered
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := s.Shutdown(ctx); err != context.DeadlineExceeded {
			t.Errorf("%s: Shutdown: %v", name, err)
		}
		if diff := cmp.Diff(true, errors.Is(<-ended, net.ErrClosed)); diff != "" {
			t.Errorf("%s: the hijacker's read: %s", name, diff)
		}
	}
}

// A connection that waits in the system's queue when a shutdown begins is served: its client has
// been told that it is accepted, and may have sent its request.
func TestShutdownServesTheQueue(t *testing.T) {
	for name, way := range ways {
		for network, l := range map[string]net.Listener{"tcp": tcp(t), "unix": unix(t)} {
			t.Run(name+"/"+network, func(t *testing.T) {
				h := newBlocking()
				s := &gateway.Server{MethodOptional: true, Handler: h, MaxConns: 1}
				served := make(chan error, 1)
				told := &closing{l, make(chan struct{})}
				go func() { served <- way.serve(s, told) }()
				conns := make([]net.Conn, 3)
				for i := range conns {
					conns[i] = dial(t, l.Addr())
					io.WriteString(conns[i], way.request)
					if i == 0 {
						<-h.entered // so nobody accepts the others
					}
				}
				ended := make(chan error, 1)
				go func() { ended <- s.Shutdown(context.Background()) }()
				<-told.closed
				close(h.leave)
				for i, c := range conns {
					if got := answerOn(c, way.answer); !strings.Contains(got, way.answer) {
						t.Errorf("connection %d: %q", i, got)
					}
				}
				if err := <-served; err != gateway.ErrServerClosed {
					t.Error(err)
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A closing listener tells when it is closed.
type closing struct {
	net.Listener
	closed chan struct{}
}

func (l *closing) PlainListener() net.Listener { return l.Listener }

func (l *closing) Close() error {
	defer close(l.closed)
	return l.Listener.Close()
}
