package interop

import (
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
)

// A startFunc starts Postern for an endpoint: with sockets in a folder, which have the names of
// their protocols, and with HTTP at the address that it returns.
type startFunc func(t *testing.T, log *logbook, sockets, to string) (web string)

// startCommand starts the command itself.
func startCommand(t *testing.T, _ *logbook, sockets, to string) (web string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	argv := []string{posternProgram(t), "serve", "--to", to, "--listen", "http://127.0.0.1:0"}
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		argv = append(argv, "--listen", name+"+unix:"+filepath.Join(sockets, name))
	}
	p, err := startProcess(log, nil, argv...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	eventually(t, "a line that says where HTTP is", func() bool {
		_, after, found := strings.Cut(fileText(log), "listening on http://")
		web, _, _ = strings.Cut(after, "\n")
		return found && strings.Contains(after, "\n")
	})
	return web
}

// startPrograms serves an endpoint as `postern serve` does, in this process.
func startPrograms(t *testing.T, log *logbook, sockets, to string) (web string) {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	client, err := endpoint.NewClient(to, &endpoint.ClientOptions{Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	var listeners []*endpoint.Listener
	for _, url := range []string{
		"fastcgi+unix:" + filepath.Join(sockets, "fastcgi"),
		"scgi+unix:" + filepath.Join(sockets, "scgi"),
		"uwsgi+unix:" + filepath.Join(sockets, "uwsgi"),
		"http://127.0.0.1:0",
	} {
		l, err := endpoint.Listen(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
	}
	server := &gateway.Server{Handler: &gateway.Proxy{Backend: client}, Log: logger}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	runServer(t, server, listeners...)
	return listeners[3].Addr().(*net.TCPAddr).String()
}
