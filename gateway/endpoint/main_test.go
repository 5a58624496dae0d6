package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// asProgram, in the environment, makes the test's binary the program that a test starts.
const asProgram = "POSTERN_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if err := endpoint.Serve(kind()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}

// kind is a handler that says by which protocol its request came.
func kind() protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, "by "+r.Protocol)
		return err
	})
}

// serve serves kind on l until the test ends.
func serve(t *testing.T, l *endpoint.Listener) *gateway.Server {
	t.Helper()
	s := &gateway.Server{Handler: kind()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Serve(s)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return s
}

func listen(t *testing.T, url string) *endpoint.Listener {
	t.Helper()
	l, err := endpoint.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// call asks the backend at url for "/".
func call(t *testing.T, url string) (string, error) {
	t.Helper()
	c, err := endpoint.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return ask(t.Context(), c)
}

func ask(ctx context.Context, c protocol.RoundTripper) (string, error) {
	res, err := c.RoundTrip(ctx, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "SCRIPT_NAME", "",
		"PATH_INFO", "/", "QUERY_STRING", "", "SERVER_PROTOCOL", "HTTP/1.1", "SERVER_NAME", "postern.test", "SERVER_PORT", "80",
		"REMOTE_ADDR", "192.0.2.7", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "test")})
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// socket is a path for a Unix socket.
func socket(t *testing.T) string { return filepath.Join(t.TempDir(), "s") }
