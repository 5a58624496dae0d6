package interop

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// Peers are programs that we did not write, on the other side of the wire: backends of our clients,
// callers and starters of our servers.

// needPeers skips the test unless the peers are wanted.
func needPeers(t *testing.T) {
	t.Helper()
	if os.Getenv("POSTERN_INTEROP") != "1" {
		t.Skip("needs php-fpm, uWSGI, libfcgi and the fronts: set POSTERN_INTEROP=1, or run make test")
	}
}

// A peerSite is a peer behind Postern's own HTTP.
type peerSite struct {
	*site
	log *logbook // Postern's
}

// behindPostern calls the backend to as `postern serve` does, in this process. rewrite may be nil.
func behindPostern(t *testing.T, to string, rewrite func(out *protocol.Request)) *peerSite {
	t.Helper()
	s := &peerSite{log: new(logbook)}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	client, err := endpoint.NewClient(to, &endpoint.ClientOptions{Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	l, err := endpoint.Listen(t.Context(), "http://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &gateway.Server{Handler: &gateway.Proxy{Backend: client, Rewrite: rewrite}, Log: logger}
	s.site = peerWay("http", l.Addr().String())
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of Postern:\n%s", s.log.text())
		}
	})
	runServer(t, server, l)
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// peersFront is nginx with the configuration of testdata/peers. Its backend is a folder of sockets.
func peersFront() *front {
	f := nginx()
	f.name, f.unix = "peers", func(path string) string { return path }
	return f
}

// peerWay is a site at an address.
func peerWay(protocol, addr string) *site {
	return &site{pair: &pair{front: &front{name: "postern"}, protocol: protocol, conf: protocol}, addr: addr, client: newClient()}
}

// wantLog waits until Postern's log has a text.
func (s *peerSite) wantLog(t *testing.T, text string) {
	t.Helper()
	eventually(t, "in the log: "+text, func() bool { return strings.Contains(s.log.text(), text) })
}

// notWhole asks for a response that is not whole, and must not look as if it were.
func (s *peerSite) notWhole(t *testing.T, path string) {
	t.Helper()
	r, err := s.try(t.Context(), call{path: path})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	r.notWhole(t)
}

// notWhole fails unless the response is cut, or 502 where that could still be said.
func (r *reply) notWhole(t *testing.T) {
	t.Helper()
	if r.err == nil && r.status != 502 || r.err != nil && !errors.Is(r.err, io.ErrUnexpectedEOF) {
		t.Errorf("want a response that is cut, or 502; got %d with %d bytes, %v", r.status, len(r.body), r.err)
	}
}

// waitSocket returns once a Unix socket accepts, or fails if p has ended.
func waitSocket(t *testing.T, p *process, socket string) {
	t.Helper()
	eventually(t, "a listener at "+socket, func() bool {
		select {
		case <-p.done:
			t.Fatalf("%s ended: %v; its log:\n%s", p.cmd.Path, p.err, p.said())
		default:
		}
		c, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

// fill writes a template of testdata/peers to a file.
func fill(t *testing.T, name, path string, data any) {
	t.Helper()
	text, err := template.ParseFiles("testdata/peers/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := text.Execute(&b, data); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cgiReply reads a response as a CGI script prints it.
func cgiReply(t *testing.T, out []byte) *reply {
	t.Helper()
	status, header, n, err := protocol.ParseHead(out)
	if err != nil || n == 0 {
		t.Fatalf("no head in %.200q: %v", out, err)
	}
	return &reply{status: status, header: header, body: out[n:]}
}
