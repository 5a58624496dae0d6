package examples

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/examples/internal/wire"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

var update = flag.Bool("update", false, "write what goes over the wire into the READMEs")

// conversations are one request and its response, as our clients and servers put them: the text,
// and the bytes each way.
var conversations = []struct {
	name string
	of   func(t *testing.T) (text string, sent, received int)
}{
	{"cgi", conversationByCGI},
	{"fastcgi", func(t *testing.T) (string, int, int) {
		return conversation(t, fastcgi.Protocol{}, func(d dialFunc) protocol.RoundTripper { return &fastcgi.Client{Dial: d} })
	}},
	{"scgi", func(t *testing.T) (string, int, int) {
		return conversation(t, scgi.Protocol{}, func(d dialFunc) protocol.RoundTripper { return &scgi.Client{Dial: d} })
	}},
	{"uwsgi", func(t *testing.T) (string, int, int) {
		return conversation(t, uwsgi.Protocol{}, func(d dialFunc) protocol.RoundTripper { return &uwsgi.Client{Dial: d} })
	}},
	{"http", func(t *testing.T) (string, int, int) {
		text, sent, received := conversation(t, nil, func(d dialFunc) protocol.RoundTripper { return &gateway.HTTPClient{Dial: d, MaxIdle: -1} })
		date := regexp.MustCompile(`[0-9a-f ]{20} \.\.\.  field value     ".{25} GMT"`)
		return date.ReplaceAllString(text, `54 68 75 2c 20 32 36 ...  field value     "Thu, 26 Nov 2026 12:00:00 GMT"`), sent, received
	}},
}

// TestREADMEsShowTheWire: each README has the conversation, byte by byte.
func TestREADMEsShowTheWire(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			text, _, _ := c.of(t)
			shows(t, filepath.Join(c.name, "README.md"), "```text\n"+text+"```\n", "```\n")
		})
	}
}

// TestBytesOnTheWire: docs/protocols.md says how long it is.
func TestBytesOnTheWire(t *testing.T) {
	table := "| bytes | of the request | of the response |\n| --- | --- | --- |\n"
	for _, c := range conversations {
		_, sent, received := c.of(t)
		table += fmt.Sprintf("| [%s](../examples/%[1]s) | %d | %d |\n", c.name, sent, received)
	}
	const end = "<!-- until here -->\n"
	shows(t, "../docs/protocols.md", table+end, end)
}

// shows reports whether a page has a text behind its mark, up to an end that is also the text's. It
// is written there with -update.
func shows(t *testing.T, path, want, end string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- go test ./examples -update writes this -->\n"
	before, rest, _ := strings.Cut(string(b), mark)
	got, after, ok := strings.Cut(rest, "\n"+end)
	if !ok {
		t.Fatalf("%s has no place for it: %q", path, mark)
	}
	got += "\n" + end
	if *update {
		if err := os.WriteFile(path, []byte(before+mark+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: go test ./examples -update is due: %s", path, diff)
	}
}

// hello answers the request.
var hello = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	_, err := io.WriteString(w, "Hello, World\n")
	return err
})

// request is what each protocol carries.
func request() *protocol.Request {
	return &protocol.Request{
		Params: protocol.Pairs("REQUEST_METHOD", "POST", "REQUEST_URI", "/hello?name=value", "QUERY_STRING", "name=value",
			"SCRIPT_NAME", "", "PATH_INFO", "/hello", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "localhost", "CONTENT_LENGTH", "2"),
		Body: strings.NewReader("hi"), ContentLength: 2,
	}
}

type dialFunc = func(ctx context.Context) (net.Conn, error)

// conversation is the request and the response by p, or by HTTP.
func conversation(t *testing.T, p protocol.Protocol, client func(dialFunc) protocol.RoundTripper) (text string, sent, received int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, ended := &gateway.Server{Handler: hello}, make(chan error, 1)
	go func() {
		if p == nil {
			ended <- server.ServeHTTP(l)
		} else {
			ended <- server.Serve(l, p)
		}
	}()
	defer func() {
		server.Close()
		<-ended
	}()
	var out bytes.Buffer
	c := client(func(ctx context.Context) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			return nil, err
		}
		var tracer protocol.Tracer = gateway.HTTPTracer{}
		if p != nil {
			tracer = p.(protocol.Tracer)
		}
		return wire.Explain(countedConn{conn, &sent, &received}, tracer, &out), nil
	})
	res, err := c.RoundTrip(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(res.Body); string(b) != "Hello, World\n" || err != nil {
		t.Fatalf("%q, %v", b, err)
	}
	res.Body.Close()
	return out.String(), sent, received
}

// A countedConn counts the bytes each way.
type countedConn struct {
	net.Conn
	sent, received *int
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	*c.received += n
	return n, err
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	*c.sent += n
	return n, err
}

// conversationByCGI is what a program gets from its host, and what it writes. The test's binary is
// the program.
func conversationByCGI(t *testing.T) (text string, sent, received int) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Built with the race detector, a program else sleeps for a second at its end.
	const noSleep = "GORACE=atexit_sleep_ms=0"
	host := &cgi.Client{Path: program, Mount: "/cgi-bin/image", PassEnv: []string{}, Env: []string{noSleep}}
	defer host.Close()
	r := request()
	r.Params.Set("PATH_INFO", "/cgi-bin/image/hello")
	r.Params.Set("REQUEST_URI", "/cgi-bin/image/hello?name=value")
	res, err := host.RoundTrip(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	seen, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.NewReplacer(program, "/usr/lib/cgi-bin/image", filepath.Dir(program), "/usr/lib/cgi-bin", noSleep+"\n", "").Replace(string(seen))
	var stdout bytes.Buffer
	environ, stdin, _ := strings.Cut(text, "\n\n")
	run := &cgi.Program{Environ: strings.Split(environ, "\n"), Stdin: strings.NewReader(stdin), Stdout: &stdout}
	if err := run.Serve(hello); err != nil {
		t.Fatal(err)
	}
	text = "the environment:\n" + indented(environ) + "\nstandard input:\n" + indented(stdin) + "\nstandard output:\n" + indented(stdout.String())
	return text, len(environ) + len("\x00") + len(stdin), stdout.Len()
}

// indented has each line quoted where it must be.
func indented(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasSuffix(line, "\r\n") {
			line = strconv.Quote(line)
		}
		out.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return out.String()
}

// echoProgram is a CGI program that answers its environment, an empty line and its standard input.
func echoProgram() {
	err := cgi.Serve(protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Content-Type", "text/plain")
		for name, value := range r.Params.All() {
			fmt.Fprintf(w, "%s=%s\n", name, value)
		}
		io.WriteString(w, "\n")
		_, err := io.Copy(w, r.Body)
		return err
	}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
