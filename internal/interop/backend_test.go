package interop

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// TestMain is also the CGI script of the tests: a front that starts this program gets the same
// handler.
func TestMain(m *testing.M) {
	if cgi.IsScript() {
		if err := cgi.Serve(newExercise()); err != nil {
			os.Exit(1)
		}
		return
	}
	if name := os.Getenv(restartProtocol); name != "" {
		serveInherited(name)
		return
	}
	status := m.Run()
	if commandDir != "" {
		os.RemoveAll(commandDir)
	}
	os.Exit(status)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// startBackend serves h by the pair's protocol until the test ends, and returns where.
func startBackend(t *testing.T, p *pair, h protocol.Handler) net.Addr {
	t.Helper()
	network, addr := "tcp", "127.0.0.1:0"
	if p.unix {
		network, addr = "unix", filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, h, l, p.protocol)
	return l.Addr()
}

// runServer runs s on its listeners, as the command does, until the test ends.
func runServer(t *testing.T, s *gateway.Server, listeners ...*endpoint.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- endpoint.Run(ctx, s, patience, listeners...) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// serve runs a gateway on l until the test ends.
func serve(t *testing.T, h protocol.Handler, l net.Listener, name string) {
	t.Helper()
	run(t, &gateway.Server{Handler: h, Log: backendLog(t)}, l, name)
}

// run runs s on l until the test ends.
func run(t *testing.T, s *gateway.Server, l net.Listener, name string) {
	t.Helper()
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := serveOn(s, l, name); !errors.Is(err, gateway.ErrServerClosed) {
			t.Errorf("serve %s: %v", name, err)
		}
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		serving.Wait()
	})
}

func serveOn(s *gateway.Server, l net.Listener, name string) error {
	switch name {
	case "fastcgi":
		return s.Serve(l, fastcgi.Protocol{})
	case "scgi":
		return s.Serve(l, scgi.Protocol{})
	case "uwsgi":
		return s.Serve(l, uwsgi.Protocol{})
	case "http":
		return s.ServeHTTP(l)
	}
	return errors.New("no such protocol: " + name)
}

// cgiProgram puts this program where a front may start it, as demo.cgi. It is without the race
// detector, with which each of thousands of starts takes a tenth of a second: compiled anew if this
// one has it.
func cgiProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(sharedDir(t), "demo.cgi")
	if !raced {
		copyProgram(t, path)
		return path
	}
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	return path
}

// copyProgram copies this program to a path.
func copyProgram(t *testing.T, path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
}
