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

// TestREADMEsShowTheWire: each README has one request and its response, byte by byte, as our
// clients and servers put them.
func TestREADMEsShowTheWire(t *testing.T) {
	for name, conversation := range map[string]func(t *testing.T) string{
		"cgi": conversationByCGI,
		"fastcgi": func(t *testing.T) string {
			return conversation(t, fastcgi.Protocol{}, func(d dialFunc) protocol.RoundTripper { return &fastcgi.Client{Dial: d} })
		},
		"scgi": func(t *testing.T) string {
			return conversation(t, scgi.Protocol{}, func(d dialFunc) protocol.RoundTripper { return &scgi.Client{Dial: d} })
		},
		"uwsgi": func(t *testing.T) string {
			return conversation(t, uwsgi.Protocol{}, func(d dialFunc) protocol.RoundTripper { return &uwsgi.Client{Dial: d} })
		},
		"http": func(t *testing.T) string {
			text := conversation(t, nil, func(d dialFunc) protocol.RoundTripper { return &gateway.HTTPClient{Dial: d, MaxIdle: -1} })
			return regexp.MustCompile(`Date: [^\\]*`).ReplaceAllString(text, "Date: Thu, 26 Nov 2026 12:00:00 GMT")
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(name, "README.md")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			const mark = "<!-- go test ./examples -update writes this -->\n```text\n"
			before, rest, _ := strings.Cut(string(b), mark)
			got, after, ok := strings.Cut(rest, "```\n")
			if !ok {
				t.Fatalf("%s has no place for it: %q", path, mark)
			}
			want := conversation(t)
			if *update {
				if err := os.WriteFile(path, []byte(before+mark+want+"```\n"+after), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: go test ./examples -update is due: %s", path, diff)
			}
		})
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
func conversation(t *testing.T, p protocol.Protocol, client func(dialFunc) protocol.RoundTripper) string {
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
		tracer, _ := p.(protocol.Tracer)
		return wire.Explain(conn, tracer, &out), nil
	})
	res, err := c.RoundTrip(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(res.Body); string(b) != "Hello, World\n" || err != nil {
		t.Fatalf("%q, %v", b, err)
	}
	res.Body.Close()
	return out.String()
}

// conversationByCGI is what a program gets from its host, and what it writes. The test's binary is
// the program.
func conversationByCGI(t *testing.T) string {
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
	text := strings.NewReplacer(program, "/usr/lib/cgi-bin/image", filepath.Dir(program), "/usr/lib/cgi-bin", noSleep+"\n", "").Replace(string(seen))
	var stdout bytes.Buffer
	environ, stdin, _ := strings.Cut(text, "\n\n")
	run := &cgi.Program{Environ: strings.Split(environ, "\n"), Stdin: strings.NewReader(stdin), Stdout: &stdout}
	if err := run.Serve(hello); err != nil {
		t.Fatal(err)
	}
	return "the environment:\n" + indented(environ) + "\nstandard input:\n" + indented(stdin) + "\nstandard output:\n" + indented(stdout.String())
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
