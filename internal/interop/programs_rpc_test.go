package interop

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// TestExampleOfRPC starts examples/rpc and uWSGI with its app.py, and nginx before both: Go calls
// Python, and Python calls Go.
func TestExampleOfRPC(t *testing.T) {
	needPeers(t)
	t.Parallel()
	dir := sharedDir(t)
	program := filepath.Join(dir, "rpc")
	goBuild(t, "github.com/postern-gateway/postern/examples/rpc", program)
	app, err := filepath.Abs("../../examples/rpc/app.py")
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := filepath.Join(dir, "go"), filepath.Join(dir, "python")
	p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, program, "uwsgi+unix:"+ours+"?mode=0666", "uwsgi+unix:"+theirs)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, ours)
	uwsgiProgram(t, theirs, "--plugin", "python3", "--plugin", "rpc", "--wsgi-file", app, "--uwsgi-socket", theirs, "--chmod-socket=666", "--env", "GO_NODE="+ours)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := &rpc.Client{Dial: rpcDial("unix", ours)}
	if loud, err := rpc.Stub1[string, string](c, "shout")(ctx, "hey"); loud != "HEY!" || err != nil {
		t.Errorf("Go calls Python: %q, %v", loud, err)
	}

	b, err := os.ReadFile("../../examples/rpc/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := strings.NewReplacer("127.0.0.1:3031", "unix:"+ours, "127.0.0.1:3032", "unix:"+theirs).Replace(string(b))
	snippet := filepath.Join(t.TempDir(), "rpc.conf")
	if err := os.WriteFile(snippet, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	snippets, err := filepath.Abs("testdata/nginx")
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(snippets, strings.TrimSuffix(snippet, ".conf"))
	if err != nil {
		t.Fatal(err)
	}
	front := startFront(t, nginx(), name, &net.UnixAddr{Name: ours, Net: "unix"}, "")
	s := &site{pair: &pair{front: nginx(), protocol: "uwsgi"}, addr: loopback(front.Port), client: newClient()}
	defer s.client.CloseIdleConnections()
	s.get(t, "/").wantBody(t, "Go says that 40 + 2 is 42\n")
	s.get(t, "/functions/add/40/2").wantBody(t, "42")
	if status, body := post(t, "http://"+loopback(front.Port)+"/RPC2", "text/xml", xmlDocument); status != 200 || !strings.Contains(body, "<int>42</int>") {
		t.Errorf("%d %s", status, body)
	}
}
