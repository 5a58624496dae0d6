package interop

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// TestUWSGIXMLRPCAnswersNothing calls a function of uWSGI by XML-RPC in the way that its changelog
// of 1.9.11 shows, whoever calls. uWSGI reads memory that is not the result's: nearly always the
// worker ends by a segmentation fault, and once it answered an empty string. Ours is tested by
// TestRPCBehindNginx.
func TestUWSGIXMLRPCAnswersNothing(t *testing.T) {
	needPeers(t)
	t.Parallel()
	app, err := filepath.Abs("testdata/peers/rpc.py")
	if err != nil {
		t.Fatal(err)
	}
	port, _ := freePorts(t)
	p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, "uwsgi-core", "--die-on-term", "--master", "--need-app", "--worker-reload-mercy", "1",
		"--plugin", "python3", "--plugin", "rpc", "--plugin", "router_uwsgi", "--processes", "1", "--wsgi-file", app, "--http-socket", loopback(port), "--route-run", "uwsgi:,173,3")
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.waitAccepts(ctx, loopback(port)); err != nil {
		t.Fatalf("%v; its log:\n%s", err, p.said())
	}
	const doc = `<?xml version="1.0"?><methodCall><methodName>hello</methodName><params/></methodCall>`
	request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(doc), doc)
	dial := func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", loopback(port))
	}
	trace := "Segmentation Fault"
	if got := conversation(t, dial, []byte(request)); got != "" {
		if trace = "output error : string is not in UTF-8"; !strings.Contains(got, "<string></string>") {
			t.Errorf("it answers %q", got)
		}
	}
	eventually(t, trace, func() bool { return strings.Contains(p.said(), trace) })
}
