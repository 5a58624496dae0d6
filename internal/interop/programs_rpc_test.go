package interop

import (
	"context"
	"net"
	"os"
	"os/exec"
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
	xmlrpcExample(t, "http://"+loopback(front.Port)+"/RPC2")
}

// xmlrpcExample runs the example's client.py.
func xmlrpcExample(t *testing.T, url string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "../../examples/rpc/client.py", url).CombinedOutput()
	const want = `functions: add hello shout system.listMethods system.methodHelp system.methodSignature
hello(): Hello World
add(40, 2): 42
two calls at once: 3 7
add('forty', 'two'): fault -32602 argument 1: "forty" is no int: invalid syntax
`
	if string(out) != want || err != nil {
		t.Errorf("client.py says %q, %v, want %q", out, err, want)
	}
}

// TestExampleInLua has Go call the Lua function of the example.
func TestExampleInLua(t *testing.T) {
	needPeers(t)
	t.Parallel()
	program, err := filepath.Abs("../../examples/rpc/hello.lua")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, "uwsgi-core", "--die-on-term", "--plugin", "lua51", "--plugin", "rpc",
		"--uwsgi-socket", socket, "--lua-load", program)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := &rpc.Client{Dial: rpcDial("unix", socket)}
	if said, err := rpc.Stub2[string, string, string](c, "hellolua")(ctx, "foo", "bar"); said != "args are foo bar" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
}
