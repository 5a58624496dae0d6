package endpoint

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// answers are what a backend says to a request for a page that is "ok", by protocol.
var answers = map[string]string{
	"fastcgi": "\x01\x06\x00\x01\x00\x11\x00\x00Status: 200\r\n\r\nok" + "\x01\x03\x00\x01\x00\x08\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00",
	"http":    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
	"scgi":    "Status: 200\r\n\r\nok",
	"uwsgi":   "Status: 200\r\n\r\nok",
}

// answering is a backend that reads a request without a body, says answer and closes.
func answering(answer string) net.Conn {
	ours, theirs := net.Pipe()
	go func() {
		theirs.Read(make([]byte, 64<<10))
		io.WriteString(theirs, answer)
		theirs.Close()
	}()
	return ours
}

// A full backlog is tried again while the time for a head lasts, by every client; then its client
// is told 503, and when to come again.
func TestFullBacklog(t *testing.T) {
	full := &net.OpError{Op: "dial", Net: "unix", Err: syscall.EAGAIN}
	for scheme, answer := range answers {
		for _, row := range []struct {
			options     string
			freed, took time.Duration // took: at most 50 ms before it is noticed
			status      int
			retry       string
		}{
			{"", 59 * time.Second, 59 * time.Second, 200, ""}, // the default is 60 s
			{"", 90 * time.Second, 60 * time.Second, 503, "1"},
			{"?first-byte-timeout=2s", 1900 * time.Millisecond, 1900 * time.Millisecond, 200, ""},
			{"?first-byte-timeout=2s", 3 * time.Second, 2 * time.Second, 503, "1"},
			{"?first-byte-timeout=0", 90 * time.Second, 90 * time.Second, 200, ""},
		} {
			synctest.Test(t, func(t *testing.T) {
				e, err := Parse(scheme + "+unix:/backend" + row.options)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				e.connect = func(_ context.Context, network, address string) (net.Conn, error) {
					if time.Since(began) < row.freed {
						return nil, full
					}
					return answering(answer), nil
				}
				res, body := through(t, e)
				late := time.Since(began) - row.took
				if res.StatusCode != row.status || res.Header.Get("Retry-After") != row.retry || late < 0 || late > 50*time.Millisecond {
					t.Errorf("%s%s: %s %v %q, %v after its time", scheme, row.options, res.Status, res.Header, body, late)
				}
			})
		}
	}
}

// through asks the backend at e for "/" by a gateway's HTTP listener.
func through(t *testing.T, e *Endpoint) (*http.Response, string) {
	c, err := e.Client(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	front, ours := net.Pipe()
	defer front.Close()
	s := &http.Server{Handler: protocol.ToHTTP(&gateway.Proxy{Backend: c})}
	go s.Serve(&single{conn: ours, closed: make(chan struct{})})
	defer s.Close()
	io.WriteString(front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(front), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res, string(body)
}

// A single is a listener for one connection.
type single struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *single) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *single) Close() error   { close(l.closed); return nil }
func (l *single) Addr() net.Addr { return new(net.UnixAddr) }

// A client that goes ends the trying.
func TestFullBacklogAndAClientThatGoes(t *testing.T) {
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &dialer{connect: func(context.Context, string, string) (net.Conn, error) {
		cancel(gone)
		return nil, syscall.EAGAIN
	}}
	if _, err := d.dial(ctx); err != gone {
		t.Error(err)
	}
}

// TestFullBacklogIsTriedAgain: a real one; it has room once it has been found full.
func TestFullBacklogIsTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	met := 0
	d := &dialer{network: "unix", address: path, connect: func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		if errors.Is(err, syscall.EAGAIN) {
			met++
			nfd, _, err := syscall.Accept(fd)
			if err != nil {
				t.Fatal(err)
			}
			syscall.Close(nfd)
		}
		return nc, err
	}}
	for range 2 {
		nc, err := d.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
	}
	if met != 1 {
		t.Errorf("the backlog was full %d times, want once", met)
	}
}
