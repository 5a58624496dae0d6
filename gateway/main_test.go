package gateway_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}

// A log is what a server has logged, as text.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
	new chan struct{}
}

func newLog() (*log, *slog.Logger) {
	l := &log{new: make(chan struct{}, 1)}
	return l, slog.New(slog.NewTextHandler(l, nil))
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.new <- struct{}{}:
	default:
	}
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// await waits until the log holds text.
func (l *log) await(t *testing.T, text string) {
	t.Helper()
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.new:
		case <-t.Context().Done():
			t.Fatalf("the log lacks %q:\n%s", text, l)
		}
	}
}

func tcp(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func unix(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve has serve run until the test ends, and gives what it returned.
func serve(t *testing.T, s *gateway.Server, serve func() error) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		done <- serve()
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return done
}

// serveSCGI serves s by SCGI and returns a client for it.
func serveSCGI(t *testing.T, s *gateway.Server, l net.Listener) *scgi.Client {
	t.Helper()
	serve(t, s, func() error { return s.Serve(l, scgi.Protocol{}) })
	return scgiClient(l.Addr())
}

func scgiClient(addr net.Addr) *scgi.Client { return &scgi.Client{Dial: dialer(addr)} }

func dialer(addr net.Addr) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, addr.Network(), addr.String())
	}
}

// An answer is a response with its body.
type answer struct {
	Status int
	Body   string
}

// get asks for uri and returns the whole answer.
func get(t *testing.T, c protocol.RoundTripper, uri string) (answer, error) {
	t.Helper()
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("GET", uri)})
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.Status, string(b)}, err
}

func requestParams(method, uri string) protocol.Params {
	path, query, _ := strings.Cut(uri, "?")
	return protocol.Pairs("REQUEST_METHOD", method, "REQUEST_URI", uri, "SCRIPT_NAME", "", "PATH_INFO", path, "QUERY_STRING", query,
		"SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "postern.test", "REMOTE_ADDR", "192.0.2.7")
}

// text is a handler that answers with a text.
func text(s string) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, s)
		return err
	})
}

// blocking is a handler that says when it is entered, and answers when it is let go, or returns why
// its request has ended.
type blocking struct{ entered, leave chan struct{} }

func newBlocking() *blocking {
	return &blocking{make(chan struct{}, 100), make(chan struct{})}
}

func (b *blocking) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	b.entered <- struct{}{}
	select {
	case <-b.leave:
		_, err := io.WriteString(w, "left")
		return err
	case <-r.Context().Done():
		return context.Cause(r.Context())
	}
}
