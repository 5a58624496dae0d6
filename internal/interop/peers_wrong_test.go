package interop

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
)

// wrongSockets opens a listener for each protocol, by its name, in a folder.
func wrongSockets(t *testing.T, log *logbook) (sockets string) {
	t.Helper()
	sockets = t.TempDir()
	var listeners []*endpoint.Listener
	for _, name := range []string{"http", "fastcgi", "scgi", "uwsgi", "auto"} {
		l, err := endpoint.Listen(t.Context(), name+"+unix:"+filepath.Join(sockets, name))
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
	}
	server := &gateway.Server{Handler: newExercise(), Log: slog.New(slog.NewTextHandler(log, nil))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of Postern:\n%s", log.text())
		}
	})
	runServer(t, server, listeners...)
	return sockets
}

// soon is when an answer must be there that nobody should have to wait for: well before any timeout
// of ours or of nginx's.
const soon = 8 * time.Second

// TestWrongProtocol has a misconfigured nginx call each listener by each protocol: people are told
// what is wrong in plain words, and nobody waits.
func TestWrongProtocol(t *testing.T) {
	needPeers(t)
	t.Parallel()
	log := new(logbook)
	sockets := wrongSockets(t, log)
	c := startFront(t, peersFront(), "wrong", &net.UnixAddr{Net: "unix", Name: sockets}, "")
	s := &peerSite{site: peerWay("http", loopback(c.Port)), log: log}
	t.Cleanup(s.client.CloseIdleConnections)
	body := pattern(t, 3_000_000)
	for _, listener := range []string{"http", "fastcgi", "scgi", "uwsgi", "auto"} {
		for _, front := range []string{"http", "http11", "tls", "fastcgi", "scgi", "uwsgi"} {
			path, protocol := "/"+front+"/"+listener+"/", strings.TrimSuffix(front, "11")
			t.Run(front+" to "+listener, func(t *testing.T) {
				if protocol == listener || listener == "auto" && protocol != "tls" {
					s.do(t, call{path: path}).want(t, 404)
					return
				}
				t.Parallel()
				s.refused(t, call{path: path})
				s.refused(t, call{path: path, body: bytes.NewReader(body)})
				s.wantLog(t, plainWords(protocol, listener))
			})
		}
	}
}

// plainWords are what the log says of a front that speaks got where want is meant.
func plainWords(got, want string) string {
	pass := map[string]string{"http": "proxy_pass", "fastcgi": "fastcgi_pass", "scgi": "scgi_pass", "uwsgi": "uwsgi_pass"}
	titles := map[string]string{"auto": "HTTP", "http": "HTTP", "fastcgi": "FastCGI", "scgi": "SCGI", "uwsgi": "uwsgi"}
	if got == "tls" {
		return titles[want] + " listener: the front speaks TLS where none is meant"
	}
	return titles[want] + " listener: the front uses " + pass[got] + " where " + pass[want] + " is meant"
}

// refused asks what cannot be answered, and wants to hear so soon. What the answer says may be cut
// where much of a body is still coming.
func (s *peerSite) refused(t *testing.T, c call) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	r, err := s.try(ctx, c)
	if err != nil || r.status < 400 || ctx.Err() != nil {
		t.Errorf("%s: want an error's status, got %+v, %v", c.path, r, err)
	}
}

// TestWrongCallers has curl and a person with nc call each listener.
func TestWrongCallers(t *testing.T) {
	needPeers(t)
	t.Parallel()
	log := new(logbook)
	sockets := wrongSockets(t, log)
	s := &peerSite{log: log}
	for _, listener := range []string{"fastcgi", "scgi", "uwsgi"} {
		t.Run("curl to "+listener, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			out, err := exec.CommandContext(ctx, "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", filepath.Join(sockets, listener),
				"http://localhost/").CombinedOutput()
			if ctx.Err() != nil || err == nil && !strings.HasPrefix(string(out), "4") {
				t.Errorf("curl: %v, %s", err, out)
			}
			s.wantLog(t, plainWords("http", listener))
		})
	}
	for _, listener := range []string{"http", "fastcgi", "scgi", "uwsgi", "auto"} {
		for _, text := range []string{"hello?\n", "\n", "GET\n", "\x00\x01\x02\x03\x04\x05\x06\x07\x08", strings.Repeat("hello ", 20_000)} {
			t.Run("nc to "+listener, func(t *testing.T) {
				c, err := net.Dial("unix", filepath.Join(sockets, listener))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := c.SetDeadline(time.Now().Add(soon)); err != nil {
					t.Fatal(err)
				}
				_, werr := io.WriteString(c, text)
				if werr == nil {
					werr = c.(*net.UnixConn).CloseWrite()
				}
				answer, err := io.ReadAll(c)
				if ne, ok := err.(net.Error); ok && ne.Timeout() || strings.Contains(string(answer), " 200") {
					t.Errorf("%.20q: answered %q, %v (writing: %v)", text, answer, err, werr)
				}
			})
		}
	}
}
