package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A phpSite is a site on disk with a php-fpm that runs it, with Debian's own configuration of PHP.
type phpSite struct {
	root   string
	socket string // php-fpm's
}

// startSiteFPM starts a php-fpm for the site at root. Each script runs after the one at prepend, if
// there is one.
func startSiteFPM(t *testing.T, root, prepend string) *phpSite {
	t.Helper()
	dir := sharedDir(t)
	s := &phpSite{root: root, socket: filepath.Join(dir, "s")}
	writableDir(t, filepath.Join(dir, "sessions"))
	fill(t, "site-fpm.conf", filepath.Join(dir, "fpm.conf"), map[string]any{"Dir": dir, "Socket": s.socket, "Prepend": prepend, "Root": os.Getuid() == 0})
	programs, err := filepath.Glob("/usr/sbin/php-fpm[0-9]*")
	if err != nil || len(programs) == 0 {
		t.Fatalf("php-fpm is not installed: make deps (%v)", err)
	}
	run, err := startProcess(filepath.Join(dir, "log"), nil, programs[0], "-F", "-y", filepath.Join(dir, "fpm.conf"))
	if err != nil {
		t.Fatal(err)
	}
	run.stopAtEnd(t)
	waitSocket(t, run, s.socket)
	return s
}

// serve serves the site by the command, and returns its address by HTTP and a folder with a Unix
// socket for each other protocol.
func (s *phpSite) serve(t *testing.T, options ...string) (web, sockets string) {
	t.Helper()
	sockets = t.TempDir()
	log := filepath.Join(sockets, "log")
	argv := []string{posternProgram(t), "serve", "--root", s.root, "--php", "fastcgi+unix:" + s.socket, "--listen", "http://127.0.0.1:0"}
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		argv = append(argv, "--listen", name+"+unix:"+filepath.Join(sockets, name))
	}
	p, err := startProcess(log, nil, append(argv, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, filepath.Join(sockets, "uwsgi"))
	_, after, _ := strings.Cut(fileText(log), "listening on http://")
	web, _, _ = strings.Cut(after, "\n")
	return web, sockets
}

// writableDir makes a directory in which php-fpm's user may write.
func writableDir(t *testing.T, dir string) {
	t.Helper()
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
}
