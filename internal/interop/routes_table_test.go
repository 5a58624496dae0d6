package interop

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/postern-gateway/postern/uwsgi"
)

// newRouteTable returns the rows of all kinds, and starts what they send requests on to.
func newRouteTable(t *testing.T) *routeTable {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		fmt.Fprintf(w, "%s %s at %s\n", r.Method, r.RequestURI, r.Host)
	}))
	t.Cleanup(server.Close)
	return &routeTable{
		rows: slices.Concat(routeCalls, routeReturns, routeTexts, routeConditions, routeActions, routeJumps, routeDocumented),
		nodes: []string{
			"{uwsgi}", startRouteNode(t),
			"{ours}", startRPC(t, "unix", rpcFunctions()).String(),
			"{http}", server.Listener.Addr().String(),
			"{packet}", startPacketNode(t),
			"{down}", "/nobody/s",
			"{dir}", routeFiles(t),
		},
	}
}

// startRouteNode starts a uWSGI without rules, and returns its socket.
func startRouteNode(t *testing.T) string {
	t.Helper()
	app, err := filepath.Abs("testdata/peers/routes.py")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	uwsgiProgram(t, socket, "--plugin", "python3", "--plugin", "rpc", "--wsgi-file", app, "--uwsgi-socket", socket)
	return socket
}

// startPacketNode starts a server of uwsgi that answers with a packet's modifiers, its UWSGI_APPID
// and its body, and returns its socket.
func startPacketNode(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answerPacket(c)
		}
	}()
	return l.Addr().String()
}

func answerPacket(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	b := make([]byte, uwsgi.HeaderSize)
	if _, err := io.ReadFull(c, b); err != nil {
		return
	}
	h, _ := uwsgi.ConsumeHeader(b)
	block := make([]byte, h.Size)
	if _, err := io.ReadFull(c, block); err != nil {
		return
	}
	p, err := uwsgi.ConsumeVariables(block, 1024)
	if err != nil {
		return
	}
	body := make([]byte, len(p.Get("HTTP_X_BODY")))
	if _, err := io.ReadFull(c, body); err != nil {
		return
	}
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nX-Node: a\r\n\r\n%d %d %q %q", h.Modifier1, h.Modifier2, p.Get("UWSGI_APPID"), body)
}

// routeFiles makes the folder of the action static and of the conditions of files.
func routeFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "file.txt")
	if err := os.WriteFile(file, []byte("a file\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"htpasswd":     "bob:$apr1$abcdefgh$T64oOxnD8c28.dQa.2Lty1\nada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n",
		"htpasswd-des": "ada:abJnggxhB/yWI\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(file, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
