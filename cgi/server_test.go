package cgi

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// scripted serves one request with h, given an environment and a body, and returns what came out.
func scripted(p *Program, h protocol.Handler, environ []string, body string) (string, error) {
	var out bytes.Buffer
	p.Environ, p.Stdin, p.Stdout, p.Stderr = environ, strings.NewReader(body), &out, io.Discard
	p.Log = slog.New(slog.DiscardHandler)
	err := p.Serve(h)
	return out.String(), err
}

func TestProgram(t *testing.T) {
	echo := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Content-Type", "text/plain")
		_, err := io.Copy(w, r.Body)
		return err
	})
	status := func(code int) protocol.Handler {
		return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			w.WriteHeader(code)
			return nil
		})
	}
	method := "REQUEST_METHOD=POST"
	for _, row := range []struct {
		text    string
		nph     bool
		h       protocol.Handler
		environ []string
		body    string
		lim     protocol.Limits
		want    string
	}{
		{text: "a body", h: echo, environ: []string{method, "CONTENT_LENGTH=5"}, body: "hello",
			want: "Status: 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"},
		{text: "more than the body", h: echo, environ: []string{method, "CONTENT_LENGTH=5"}, body: "hello and more",
			want: "Status: 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"},
		{text: "no length, no body", h: echo, environ: []string{method}, body: "what is this",
			want: "Status: 200 OK\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n\r\n"},
		{text: "an empty length", h: echo, environ: []string{method, "CONTENT_LENGTH="}, body: "what is this",
			want: "Status: 200 OK\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n\r\n"},
		{text: "no body to answer with", h: status(204), environ: []string{method}, want: "Status: 204 No Content\r\n\r\n"},
		{text: "non-parsed header", nph: true, h: echo, environ: []string{method, "CONTENT_LENGTH=5"}, body: "hello",
			want: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"},
	} {
		t.Run(row.text, func(t *testing.T) {
			got, err := scripted(&Program{NPH: row.nph, Limits: &row.lim}, row.h, row.environ, row.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestProgramRefuses(t *testing.T) {
	for _, row := range []struct {
		text    string
		environ []string
		body    string
		lim     protocol.Limits
		want    string // how the answer begins
	}{
		{"a bogus length", []string{"REQUEST_METHOD=POST", "CONTENT_LENGTH=+5"}, "hello", protocol.Limits{}, "Status: 400 "},
		{"a short body", []string{"REQUEST_METHOD=POST", "CONTENT_LENGTH=50"}, "hello", protocol.Limits{}, "Status: 400 "},
		{"too many variables", []string{"A=1", "B=2", "C=3"}, "", protocol.Limits{ParamCount: 2}, "Status: 431 "},
		{"too large variables", []string{"A=" + strings.Repeat("x", 100)}, "", protocol.Limits{ParamBytes: 100}, "Status: 431 "},
		{"too large a body", []string{"REQUEST_METHOD=POST", "CONTENT_LENGTH=50"}, "hello", protocol.Limits{Body: 10}, "Status: 413 "},
	} {
		t.Run(row.text, func(t *testing.T) {
			read := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
				_, err := io.Copy(io.Discard, r.Body)
				return err
			})
			got, err := scripted(&Program{Limits: &row.lim}, read, row.environ, row.body)
			// what the handler has read is answered by an error page alone
			if (err == nil) != (row.text == "a short body") || !strings.HasPrefix(got, row.want) {
				t.Fatalf("%q %v", got, err)
			}
		})
	}
}

// HTTP_PROXY in a script's environment is a header's, whoever it poses as.
func TestProgramIgnoresHTTPProxy(t *testing.T) {
	var got protocol.Params
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		got = r.Params
		return nil
	})
	if _, err := scripted(new(Program), h, []string{"REQUEST_METHOD=GET", "A=1", "HTTP_PROXY=x", "http_proxy=x", "junk", "=x", "B=2=3"}, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(protocol.Pairs("REQUEST_METHOD", "GET", "A", "1", "B", "2=3"), got); diff != "" {
		t.Fatal(diff)
	}
}

func TestProgramThatFailsInTheMiddle(t *testing.T) {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		return errors.New("no more")
	})
	got, err := scripted(new(Program), h, []string{"REQUEST_METHOD=GET"}, "")
	if err == nil || !strings.HasSuffix(got, "\r\n\r\nhalf") {
		t.Fatalf("%q %v", got, err)
	}
}

func TestProgramWhoseReaderIsGone(t *testing.T) {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error { return nil })
	p := &Program{Environ: []string{}, Stdin: strings.NewReader(""), Stdout: broken{}, Log: slog.New(slog.DiscardHandler)}
	if err := p.Serve(h); !errors.Is(err, protocol.ErrAborted) || err.Error() != "cgi: write response: aborted: broken" {
		t.Fatal(err)
	}
}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestIsScript(t *testing.T) {
	t.Setenv("GATEWAY_INTERFACE", "CGI/1.1")
	if !IsScript() {
		t.Fatal("not taken for a script")
	}
	os.Unsetenv("GATEWAY_INTERFACE")
	if IsScript() {
		t.Fatal("taken for a script")
	}
}

// Our own program, run by our own client.
func TestProgramInAProcess(t *testing.T) {
	for _, row := range []struct {
		program string
		r       *protocol.Request
		want    string
	}{
		{"echo", post("/", strings.NewReader(patterned(1e6)), 1e6), patterned(1e6)},
		{"nph", get("/"), "true"},
		{"environment", get("/x?y"), "/x y CGI/1.1\n"},
	} {
		t.Run(row.program, func(t *testing.T) {
			b := newBench(t)
			b.program(row.program)
			if row.program == "nph" {
				b.c.Path = b.dir + "/nph-program"
				self, err := os.Executable()
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(self, b.c.Path); err != nil {
					t.Fatal(err)
				}
			}
			b.want(b.do(row.r), row.want)
		})
	}
}

// A program whose handler fails in the middle is known not to have answered.
func TestProgramCutInAProcess(t *testing.T) {
	b := newBench(t)
	b.program("cut")
	res := b.do(get("/"))
	b.wantFailure(res, 200, "killed by signal SIGKILL")
	if res.Body != "half" {
		t.Fatal(res.Body)
	}
}

// The end of a client reaches the handler's context.
func TestSIGTERMEndsTheContext(t *testing.T) {
	b := newBench(t)
	b.program("wait")
	resp, err := b.c.RoundTrip(t.Context(), get("/"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, len("ready"))); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if log := b.closed(); strings.Contains(log, "remain") {
		t.Fatal(log)
	}
}
