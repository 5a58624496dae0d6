package interop

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A wrapper is a program that runs CGI scripts behind FastCGI, with fcgiwrap's command line.
type wrapper struct {
	name string
	argv []string
	// sound says that it passes the three tests of TestFcgiwrap. The other is there to show that
	// they can fail.
	sound bool
}

func wrappers(t *testing.T) []wrapper {
	return []wrapper{
		{name: "fcgiwrap", argv: []string{"fcgiwrap"}},
		{name: "postern fcgiwrap", argv: []string{posternProgram(t), "fcgiwrap"}, sound: true},
	}
}

// hopeless is how long something may take that does not come at all with a program that is not
// sound. With one that is, it may take our whole patience.
const hopeless = 2 * time.Second

// limit is how long w may take.
func (w *wrapper) limit() time.Duration {
	if w.sound {
		return patience
	}
	return hopeless
}

// wrapFailures are what fcgiwrap 1.1.0 does wrong. Each reports whether a wrapper does it right.
var wrapFailures = []struct {
	name, script string
	right        func(t *testing.T, s *wrapSite) bool
}{
	{"a script that writes 200 KB before it reads a POST of 1 MB", `#!/bin/sh
printf 'Content-Type: application/octet-stream\n\n'
head -c 200000 /dev/zero
head -c 1000000 | wc -c >"$DIR/read"
`, writesBeforeItReads},
	{"a script whose client goes away", `#!/bin/sh
echo $$ >"$DIR/pid.new"
mv "$DIR/pid.new" "$DIR/pid"
exec sleep 60
`, losesItsClient},
	{"a script that leaves a process behind, which holds its output", `#!/bin/sh
printf 'Content-Type: text/plain\n\ndone\n'
sleep 60 &
`, leavesAProcess},
}

// TestFcgiwrap runs the same scripts by the real fcgiwrap and by ours, with one command line and
// one configuration of nginx.
func TestFcgiwrap(t *testing.T) {
	needFronts(t)
	t.Parallel()
	for _, w := range wrappers(t) {
		for _, f := range wrapFailures {
			t.Run(w.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				s := startWrapper(t, w, []string{"-f", "-c", "1"}, f.script)
				if right := f.right(t, s); right != w.sound {
					t.Errorf("does it right: want %v, got %v", w.sound, right)
				}
			})
		}
	}
}

// A wrapSite is a wrapper behind nginx, with one script.
type wrapSite struct {
	*site
	*wrapper
	dir   string // of the script, which has it as DIR
	front conf
	log   string // of the wrapper
}

// startWrapper starts w with a socket of its own and with arguments, before it nginx, with /script
// for the script.
func startWrapper(t *testing.T, w wrapper, args []string, script string) *wrapSite {
	t.Helper()
	return startWrapperIn(t, w, sharedDir(t), "../programs/fcgiwrap", args, script)
}

// startWrapperIn is startWrapper with a folder for the script and a configuration for nginx.
func startWrapperIn(t *testing.T, w wrapper, dir, snippet string, args []string, script string) *wrapSite {
	t.Helper()
	s := &wrapSite{wrapper: &w, dir: dir, log: filepath.Join(dir, "log")}
	socket := filepath.Join(sharedDir(t), "s")
	argv := slices.Concat(w.argv, args, []string{"-s", "unix:" + socket})
	p, err := startProcess(s.log, []string{"DIR=" + s.dir}, argv...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	s.behindNginx(t, snippet, socket, script)
	return s
}

// behindNginx starts nginx before a wrapper that listens, or soon will, at a socket.
func (s *wrapSite) behindNginx(t *testing.T, snippet, socket, script string) {
	t.Helper()
	writeScript(t, filepath.Join(s.dir, "script"), script)
	eventually(t, "a socket at "+socket, func() bool {
		c, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	s.front = startFront(t, nginx(), snippet, &net.UnixAddr{Net: "unix", Name: socket}, s.dir)
	s.site = &site{pair: &pair{front: nginx(), protocol: "fastcgi"}, addr: loopback(s.front.Port), client: newClient()}
	t.Cleanup(s.client.CloseIdleConnections)
}

// wholeWithin reports whether the answer to c comes whole in time, with this many bytes of body.
func (s *wrapSite) wholeWithin(t *testing.T, c call, length int) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), s.limit())
	defer cancel()
	r, err := s.try(ctx, c)
	return err == nil && r.err == nil && r.status == http.StatusOK && len(r.body) == length
}

func writesBeforeItReads(t *testing.T, s *wrapSite) bool {
	whole := s.wholeWithin(t, call{path: "/script", body: bytes.NewReader(make([]byte, 1_000_000))}, 200_000)
	b, err := os.ReadFile(filepath.Join(s.dir, "read"))
	read := strings.TrimSpace(string(b)) == "1000000"
	if whole != read {
		t.Errorf("whole answer: %v; whole body: %v, %q, %v", whole, read, b, err)
	}
	return whole && read
}

func losesItsClient(t *testing.T, s *wrapSite) bool {
	c := s.raw(t, "GET", "/script")
	var pid int
	eventually(t, "a script that runs", func() bool {
		b, err := os.ReadFile(filepath.Join(s.dir, "pid"))
		if err == nil {
			pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
		}
		return err == nil
	})
	c.Close()
	return comesTrue(t, s.limit(), func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH })
}

func leavesAProcess(t *testing.T, s *wrapSite) bool {
	return s.wholeWithin(t, call{path: "/script"}, len("done\n"))
}
