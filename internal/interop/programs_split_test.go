package interop

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildInto compiles programs into a folder, at once.
func buildInto(t *testing.T, dir string, packages ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"build", "-o", dir + "/"}, packages...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go build %v: %v\n%s", packages, err, out)
	}
}

// TestExampleOfSplit starts examples/rpc/split: two uWSGI nodes and one of Go have a part of a page
// each, which Postern and uWSGI put together by the same rules.
func TestExampleOfSplit(t *testing.T) {
	needPeers(t)
	t.Parallel()
	dir := sharedDir(t)
	buildInto(t, dir, "github.com/postern-gateway/postern/examples/rpc/split", "github.com/postern-gateway/postern/cmd/postern")
	parts, err := filepath.Abs("../../examples/rpc/split/parts.py")
	if err != nil {
		t.Fatal(err)
	}
	nodes := []string{filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3")}
	for _, socket := range nodes[:2] {
		uwsgiProgram(t, socket, "--plugin", "python3", "--plugin", "rpc", "--uwsgi-socket", socket, "--wsgi-file", parts)
	}
	p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, filepath.Join(dir, "split"), "uwsgi+unix:"+nodes[2])
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, nodes[2])

	b, err := os.ReadFile("../../examples/rpc/split/page.ini")
	if err != nil {
		t.Fatal(err)
	}
	rules := strings.NewReplacer("127.0.0.1:3041", nodes[0], "127.0.0.1:3042", nodes[1], "127.0.0.1:3043", nodes[2]).Replace(string(b))
	ini := filepath.Join(dir, "page.ini")
	if err := os.WriteFile(ini, []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	port, other := freePorts(t)
	servers := map[string][]string{
		loopback(port):  {filepath.Join(dir, "postern"), "serve", "--listen", "http://" + loopback(port), "--routes", ini, "--to", "demo:"},
		loopback(other): {"uwsgi-core", "--die-on-term", "--master", "--worker-reload-mercy", "1", "--plugin", "rpc", "--http-socket", loopback(other), "--ini", ini},
	}
	const page = "<h1>part 1, of uWSGI</h1>\n<p>part 2, of uWSGI</p>\n<p>part 3, of Go</p>\n"
	for addr, command := range servers {
		p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, command...)
		if err != nil {
			t.Fatal(err)
		}
		p.stopAtEnd(t)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := p.waitAccepts(ctx, addr); err != nil {
			t.Fatalf("%v; its log:\n%s", err, p.said())
		}
		res, err := http.Get("http://" + addr + "/page")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html" || string(body) != page || err != nil {
			t.Errorf("%s: %d %v %q, %v", command[0], res.StatusCode, res.Header, body, err)
		}
	}
}
