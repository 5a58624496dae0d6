package interop

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A programSite is a CGI program that Postern runs, and the four ways to it: behind nginx by
// FastCGI, SCGI and uwsgi, and by Postern's own HTTP.
type programSite struct {
	ways  []*site
	front conf // nginx
	log   *logbook
}

// programsFront is nginx with the configuration of testdata/programs.
func programsFront() *front {
	f := nginx()
	f.name = "programs"
	f.unix = func(path string) string { return path }
	return f
}

// mark is the variable of every program that a test runs, so that what is left of it can be found.
const mark = "POSTERN_TEST"

// serveProgram runs what the endpoint to says, behind nginx with one of the snippets of
// testdata/programs. At the end of the test no process of it may be left.
func serveProgram(t *testing.T, snippet, to string) *programSite {
	t.Helper()
	return serveProgramBy(t, startPrograms, snippet, to)
}

// serveProgramBy is serveProgram with the function that starts Postern.
func serveProgramBy(t *testing.T, start startFunc, snippet, to string) *programSite {
	t.Helper()
	sockets := t.TempDir()
	s := &programSite{log: new(logbook)}
	t.Cleanup(func() {
		if left := processesWith(t, mark+"="+sockets); len(left) > 0 {
			t.Errorf("these processes are left: %v", left)
		}
		if t.Failed() {
			t.Logf("log of the backend:\n%s", s.log.text())
		}
	})
	web := start(t, s.log, sockets, withParams(to, "env", mark+"="+sockets))
	s.front = startFront(t, programsFront(), snippet, &net.UnixAddr{Net: "unix", Name: sockets}, "")
	s.ways = []*site{
		programWay("fastcgi", loopback(s.front.Port)),
		programWay("scgi", strings.Replace(loopback(s.front.Port), "127.0.0.1", "127.0.0.2", 1)),
		programWay("uwsgi", strings.Replace(loopback(s.front.Port), "127.0.0.1", "127.0.0.3", 1)),
		programWay("http", web),
	}
	for _, w := range s.ways {
		t.Cleanup(w.client.CloseIdleConnections)
	}
	return s
}

func programWay(protocol, addr string) *site {
	return &site{pair: &pair{front: programsFront(), protocol: protocol, conf: protocol}, addr: addr, client: newClient()}
}

// each runs a test each way.
func (s *programSite) each(t *testing.T, run func(t *testing.T, way *site)) {
	for _, w := range s.ways {
		t.Run(w.protocol, func(t *testing.T) { run(t, w) })
	}
}

// url is where a path is on this way.
func (s *site) url(path string) string { return "http://" + s.addr + path }

// withParams adds parameters, name and value in turn, to an endpoint.
func withParams(endpoint string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(endpoint)
	for i := 0; i < len(pairs); i += 2 {
		sep := "&"
		if i == 0 && !strings.Contains(endpoint, "?") {
			sep = "?"
		}
		b.WriteString(sep + pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

// processesWith are the processes that have a variable in their environment.
func processesWith(t *testing.T, variable string) (found []string) {
	t.Helper()
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range environs {
		b, err := os.ReadFile(path)
		if err != nil { // it has ended, or is not ours
			continue
		}
		if strings.Contains("\x00"+string(b), "\x00"+variable+"\x00") {
			dir := filepath.Dir(path)
			args, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			found = append(found, filepath.Base(dir)+" "+strings.ReplaceAll(string(args), "\x00", " "))
		}
	}
	return found
}

// eventually waits until ok, for as long as a hanging test may take.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !comesTrue(t, patience, ok) {
		t.Fatalf("%s: not so after %v", what, patience)
	}
}

// comesTrue reports whether ok came true in time.
func comesTrue(t *testing.T, limit time.Duration, ok func() bool) bool {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			return ok()
		case <-t.Context().Done():
			return false
		}
	}
	return true
}

// scriptDir is a folder of scripts: those of testdata/programs/scripts, executable.
func scriptDir(t *testing.T, names ...string) string {
	t.Helper()
	dir := sharedDir(t)
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("testdata/programs/scripts", name))
		if err != nil {
			t.Fatal(err)
		}
		writeScript(t, filepath.Join(dir, name), string(b))
	}
	return dir
}

func writeScript(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
