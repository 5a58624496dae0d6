package interop

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/uwsgi"
)

// TestUWSGIPing has our client ask uWSGI, and uWSGI's own client ask our server.
func TestUWSGIPing(t *testing.T) {
	needPeers(t)
	t.Parallel()
	socket := filepath.Join(startUWSGI(t), "uwsgi")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := uwsgi.Client{Dial: func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "unix", socket) }}
	if warning, err := c.Ping(ctx); warning != "" || err != nil {
		t.Errorf("ping: %q, %v", warning, err)
	}

	up := startBackend(t, &pair{protocol: "uwsgi"}, newExercise()).String()
	for addr, answers := range map[string]bool{up: true, filepath.Join(t.TempDir(), "nobody"): false} {
		log := filepath.Join(t.TempDir(), "log")
		p, err := startProcess(log, nil, "uwsgi-core", "--plugin", "ping", "--ping", addr, "--ping-timeout", "20")
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		if (p.err == nil) != answers {
			t.Errorf("uwsgi --ping %s, where a server answers: %v; %v:\n%s", addr, answers, p.err, p.said())
		}
	}
}

// TestUWSGIRouter has uWSGI's HTTP router call our uwsgi server, which is how uWSGI is run without
// a front.
func TestUWSGIRouter(t *testing.T) {
	needPeers(t)
	t.Parallel()
	backend := startBackend(t, &pair{protocol: "uwsgi", unix: true}, newExercise())
	port, _ := freePorts(t)
	log := filepath.Join(t.TempDir(), "log")
	p, err := startProcess(log, nil, "uwsgi-core", "--plugin", "http", "--die-on-term", "--master", "--worker-reload-mercy", "1",
		"--http", loopback(port), "--http-to", backend.String())
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.waitAccepts(ctx, loopback(port)); err != nil {
		t.Fatalf("%v; its log:\n%s", err, p.said())
	}
	s := peerWay("uwsgi", loopback(port))
	defer s.client.CloseIdleConnections()
	s.get(t, "/").wantBody(t, "hello, world\n")
	s.client.CloseIdleConnections() // which the router closes a little later, and does not say so
	body := pattern(t, 3_000_000)
	s.do(t, call{path: "/t/sum", body: bytes.NewReader(body)}).want(t, 200).wantBody(t, sumOf(body))
	got := s.vars(t, call{path: "/vars?a=%41", header: http.Header{"X-Name": {"a value"}}})
	want := [][]string{{"GET"}, {"a=%41"}, {"/vars?a=%41"}, {"a value"}, {"/vars"}}
	var found [][]string
	for _, name := range []string{"REQUEST_METHOD", "QUERY_STRING", "REQUEST_URI", "HTTP_X_NAME", "PATH_INFO"} {
		found = append(found, values(got, name))
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}
