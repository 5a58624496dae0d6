package endpoint

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A fullSocket is a Unix socket whose backlog is full.
type fullSocket struct {
	path   string
	filler net.Conn // all that the backlog takes
	net.Listener
}

func listenFull(t *testing.T) *fullSocket {
	t.Helper()
	s := &fullSocket{path: filepath.Join(t.TempDir(), "s")}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), s.path)
	defer f.Close()
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: s.path}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	if s.Listener, err = net.FileListener(f); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if s.filler, err = net.Dial("unix", s.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.filler.Close() })
	return s
}

// serve accepts, at last: what fills the backlog goes, and the request after it is answered.
func (s *fullSocket) serve(t *testing.T, answer string) {
	s.filler.Close()
	for range 2 {
		nc, err := s.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		if n, _ := nc.Read(make([]byte, 64<<10)); n > 0 {
			io.WriteString(nc, answer)
		}
		nc.Close()
	}
}

// A real Unix socket whose backlog stays full is a 503 that was not sent, for each client, and for
// a Balancer; one that has room again, once it has been found full, answers.
func TestFullBacklogOfASocket(t *testing.T) {
	for scheme, answer := range answers {
		for _, balanced := range []bool{false, true} {
			name := scheme
			if balanced {
				name += ", balanced"
			}
			t.Run(name, func(t *testing.T) {
				s := listenFull(t)
				ask := func(timeout string, connect connectFunc) (int, error) {
					url := scheme + "+unix:" + s.path + "?first-byte-timeout=" + timeout
					o := &ClientOptions{Connect: connect}
					if !balanced {
						return askFor(t, url, o)
					}
					be, err := NewBackend(url, o)
					if err != nil {
						t.Fatal(err)
					}
					return statusOf(t, balancerOf(t, be))
				}
				_, err := ask("20ms", nil)
				var e *protocol.Error
				if !errors.As(err, &e) || !e.NotSent || protocol.Status(err) != 503 || e.RetryAfter != backlogRetry {
					t.Errorf("%#v: %v", e, err)
				}
				met := 0
				status, err := ask("1m", func(ctx context.Context, network, address string) (net.Conn, error) {
					nc, err := netio.DialUnix(ctx, network, address)
					if errors.Is(err, syscall.EAGAIN) {
						if met++; met == 1 {
							go s.serve(t, answer)
						}
					}
					return nc, err
				})
				if status != http.StatusOK || err != nil || met == 0 {
					t.Errorf("%d, %v, after the backlog was full %d times", status, err, met)
				}
			})
		}
	}
}

// A Balancer goes on from a backend whose backlog stays full to another one.
func TestFullBacklogAndAnotherBackend(t *testing.T) {
	full, other := listenFull(t), listenFull(t)
	go other.serve(t, answers["http"])
	b := &upstream.Balancer{Log: slog.New(slog.DiscardHandler)}
	defer b.Close()
	for _, url := range []string{"http+unix:" + full.path + "?first-byte-timeout=20ms", "http+unix:" + other.path} {
		be, err := NewBackend(url, nil)
		if err == nil {
			err = b.Add(be)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if status, err := statusOf(t, b); status != http.StatusOK || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}

// balancerOf is a Balancer of one backend.
func balancerOf(t *testing.T, be upstream.Backend) *upstream.Balancer {
	t.Helper()
	b := &upstream.Balancer{Log: slog.New(slog.DiscardHandler)}
	if err := b.Add(be); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// askFor asks the backend at url for "/", by a client of its own.
func askFor(t *testing.T, url string, o *ClientOptions) (int, error) {
	t.Helper()
	c, err := NewClient(url, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return statusOf(t, c)
}

// statusOf asks a backend for "/", and returns the status of the whole answer.
func statusOf(t *testing.T, c protocol.RoundTripper) (int, error) {
	t.Helper()
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/",
		"PATH_INFO", "/", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "h")})
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.Status, err
}
