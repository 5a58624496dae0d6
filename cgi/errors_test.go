package cgi

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

func writeFile(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }

// What cannot be started says why, and what to answer.
func TestStartFailures(t *testing.T) {
	for _, row := range []struct {
		text   string
		make   func(b *bench)
		status int
		why    string
	}{
		{"no such file", func(b *bench) { b.c.Path = b.dir + "/none.cgi" }, 404, "no such file"},
		{"not below a directory", func(b *bench) { b.c.Path = b.write("file", "") + "/x.cgi" }, 404, "not a directory"},
		{"a directory", func(b *bench) { b.c.Path = b.dir }, 403, "permission denied"},
		{"not executable", func(b *bench) { b.sh("exit"); os.Chmod(b.c.Path, 0o644) }, 403, "permission denied"},
		{"a dangling link", func(b *bench) { b.c.Path = b.dir + "/x.cgi"; os.Symlink("none", b.c.Path) }, 404, "no such file"},
		{"links in a circle", func(b *bench) { b.c.Path = b.dir + "/x.cgi"; os.Symlink("x.cgi", b.c.Path) }, 404, "too many levels"},
		{"missing interpreter", func(b *bench) { b.c.Path = b.write("x.cgi", "#!/usr/bin/none -x\n") }, 500, `the interpreter of its #! line, "/usr/bin/none": no such file`},
		{"first line ends in CR LF", func(b *bench) { b.c.Path = b.write("x.cgi", "#!/bin/sh\r\necho\r\n") }, 500, `"/bin/sh\r": the line ends in CR LF`},
		{"interpreter is not executable", func(b *bench) { b.c.Path = b.write("x.cgi", "#!/etc/passwd\n") }, 500, `"/etc/passwd": permission denied`},
		{"no #! line", func(b *bench) { b.c.Path = b.write("x.cgi", "echo hello\n") }, 500, "neither a program of this system nor a script with a #! line: exec format error"},
		{"empty", func(b *bench) { b.c.Path = b.write("x.cgi", "") }, 500, "exec format error"},
		{"half a program", func(b *bench) { b.c.Path = b.write("x.cgi", "\x7fELF\x02\x01\x01") }, 500, "exec format error"},
		{"missing working directory", func(b *bench) { b.sh("exit"); b.c.WorkDir = b.dir + "/none" }, 500, "working directory " + "/"},
		{"missing interpreter of the extension", func(b *bench) {
			b.c.Path = b.write("x.py", "")
			b.c.Interpreters = map[string]string{".py": "/usr/bin/none"}
		}, 500, "/usr/bin/none"},
		{"out of memory", failing(syscall.ENOMEM), 503, "cannot allocate memory"},
		{"too many processes", failing(syscall.EAGAIN), 503, "resource temporarily unavailable"},
		{"too many files", failing(syscall.EMFILE), 503, "too many open files"},
		{"file busy", failing(syscall.ETXTBSY), 503, "text file busy"},
		{"environment too large", failing(syscall.E2BIG), 431, "too large"},
		{"not allowed to change the user", failing(syscall.EPERM), 403, "operation not permitted"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			row.make(b)
			before := openFiles(t)
			res := b.do(get("/"))
			b.wantFailure(res, row.status, row.why)
			if e, ok := errors.AsType[*protocol.Error](res.Err); !ok || (e.RetryAfter > 0) != (row.status == 503) || !e.NotSent {
				t.Errorf("Retry-After or NotSent of %#v", e)
			}
			if !strings.HasPrefix(res.Err.Error(), "cgi: start ") || strings.Contains(res.Err.Error(), "\n") {
				t.Error(res.Err)
			}
			b.closed()
			if after := openFiles(t); after > before+1 { // /dev/null stays open
				t.Errorf("%d descriptors, before %d", after, before)
			}
		})
	}
}

func failing(err error) func(*bench) {
	return func(b *bench) {
		b.sh("exit")
		b.c.fork = func(string, []string, *syscall.ProcAttr) (int, error) { return 0, err }
	}
}

// openFiles counts the descriptors of this process.
func openFiles(t testing.TB) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		names, err = os.ReadDir("/dev/fd")
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// A path that is not absolute does not lose its way when the script is started from its own
// directory.
func TestRelativePath(t *testing.T) {
	b := newBench(t)
	b.write("sub/script.cgi", "#!/bin/sh\n"+helloSh)
	t.Chdir(b.dir)
	b.c.Path = "sub/script.cgi"
	b.want(b.do(get("/")), "hello, world\n")
	b.c.Path, b.c.Dir = "", &Dir{Root: "sub"}
	b.want(b.do(get("/script.cgi")), "hello, world\n")
}

// More than the system takes is its own to refuse, by the real thing.
func TestEnvironmentBeyondTheSystemsLimit(t *testing.T) {
	b := newBench(t)
	b.sh(helloSh)
	r := get("/")
	for range 80 {
		r.Params.Add("HTTP_X_"+strings.Repeat("Y", len(r.Params)), strings.Repeat("x", 100<<10))
	}
	b.wantFailure(b.do(r), 431, "bytes: argument list too long")
}
