package endpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// scriptAnswers are what CGI programs say. They are short, as a program is run for each byte.
var scriptAnswers = []struct {
	script, name, bytes string
	whole               string // up to its end the response is not whole; empty: all of bytes
	ends                int    // so many of scriptEnds are tried
}{
	{"a.cgi", "a length", "Content-Length: 5\r\n\r\nhello", "", 3},
	{"a.cgi", "no length", "A: b\n\nhello", "A: b\n\n", 3},
	{"a.cgi", "chunks", "Transfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n", "hello\r\n0\r\n", 1},
	{"nph-a.cgi", "a length", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "", 1},
}

// scriptEnds are the ways in which a program ends, and what is told of a head that it has cut.
var scriptEnds = []struct{ name, command, told string }{
	{"exit 0", "exit 0", "/a.cgi: "},
	{"exit 3", "exit 3", "/a.cgi, exit status 3: "},
	{"killed", "kill -9 $$", ": killed by signal SIGKILL"},
}

// TestScriptsCutAnywhere has a CGI program end after each strict prefix of each answer: it is an
// error or an incomplete body, never a whole response. A body that has neither length nor chunks is
// whole, though, if the program was not killed: its exit status is for the log.
func TestScriptsCutAnywhere(t *testing.T) {
	for _, a := range scriptAnswers {
		for _, end := range scriptEnds[:a.ends] {
			t.Run(a.script+"/"+a.name+"/"+end.name, func(t *testing.T) {
				t.Parallel()
				b := startScript(t, a.script)
				s := startBadSite(t, "cgi:"+b.path, nil)
				size := len(a.bytes)
				if a.whole != "" {
					size = strings.Index(a.bytes, a.whole) + len(a.whole)
				}
				for n := range size {
					b.says(t, a.bytes[:n], end.command)
					body, err := s.ask(t)
					switch {
					case err == nil || !errors.Is(err, protocol.ErrUpstream):
						t.Errorf("cut after %d of %d bytes: the client has %q as if it were whole, %v", n, size, body, err)
					case !strings.HasPrefix(err.Error(), "cgi: run "+b.path):
						t.Errorf("cut after %d bytes: %v does not name the script", n, err)
					case n < strings.IndexByte(a.bytes, '\n') && a.ends > 1 && !strings.Contains(err.Error(), end.told):
						t.Errorf("cut after %d bytes: %v, want %q", n, err, end.told)
					}
					if a.ends == 1 || end.name != "exit 0" {
						continue // a gateway's answer is the same, and costs as much again
					}
					if status, body, err := s.get(); err == nil && status != 502 {
						t.Errorf("cut after %d of %d bytes: the gateway answers %d %q as if it were whole", n, size, status, body)
					}
				}
				b.says(t, a.bytes, end.command)
				body, err := s.ask(t)
				switch {
				case end.name == "killed" && a.name == "no length":
					if err == nil || !strings.Contains(err.Error(), end.told) {
						t.Errorf("killed after all it said: %q, %v", body, err)
					}
				case err != nil || body != "hello":
					t.Errorf("the whole answer: %q, %v", body, err)
				}
			})
		}
	}
}

// A badScript is a CGI program that says what is wanted.
type badScript struct{ path string }

func startScript(t *testing.T, name string) *badScript {
	t.Helper()
	b := &badScript{filepath.Join(t.TempDir(), name)}
	if err := os.WriteFile(b.path, []byte("#!/bin/sh\n. ${0%/*}/says\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return b
}

// says has the program write text, and then end by command.
func (b *badScript) says(t *testing.T, text, command string) {
	t.Helper()
	text = strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(text)
	if err := os.WriteFile(filepath.Join(filepath.Dir(b.path), "says"), []byte("printf '"+text+"'\n"+command+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
