package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const sayHello = `#!/bin/sh
echo "the script complains" >&2
printf 'Content-Type: text/plain\n\nhello %s %s %s\n' "$SCRIPT_NAME" "$PATH_INFO" "$DIR"
`

// TestFcgiwrapCommandLine holds fcgiwrap's command line against both: what is true of the one is
// true of the other, so that a unit file changes one word.
func TestFcgiwrapCommandLine(t *testing.T) {
	needFronts(t)
	t.Parallel()
	for _, w := range wrappers(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Run("a script by SCRIPT_FILENAME", func(t *testing.T) { wrapByFilename(t, w) })
			t.Run("a script by DOCUMENT_ROOT and SCRIPT_NAME", func(t *testing.T) { wrapByRoot(t, w) })
			t.Run("no REQUEST_METHOD", func(t *testing.T) { wrapWithoutMethod(t, w) })
			t.Run("a local redirect", func(t *testing.T) { wrapRedirect(t, w) })
			t.Run("-f", func(t *testing.T) { wrapStderr(t, w, true) })
			t.Run("without -f", func(t *testing.T) { wrapStderr(t, w, false) })
			t.Run("-c", func(t *testing.T) { wrapChildren(t, w) })
			t.Run("-p", func(t *testing.T) { wrapPath(t, w) })
			t.Run("started by spawn-fcgi", func(t *testing.T) {
				wrapStarted(t, w, func(socket string) []string { return []string{"spawn-fcgi", "-n", "-s", socket, "--"} })
			})
			t.Run("started by systemd", func(t *testing.T) {
				program, err := filepath.Abs("testdata/programs/activate.py")
				if err != nil {
					t.Fatal(err)
				}
				wrapStarted(t, w, func(socket string) []string { return []string{"/usr/bin/python3", program, socket} })
			})
		})
	}
}

func wrapByFilename(t *testing.T, w wrapper) {
	s := startWrapper(t, w, nil, sayHello)
	s.get(t, "/script").wantBody(t, "hello /script  "+s.dir+"\n")
	if r := s.do(t, call{path: "/nothing"}); r.status != 403 && r.status != 404 {
		t.Errorf("a script that is not there: want 403 or 404, got %d", r.status)
	}
}

func wrapByRoot(t *testing.T, w wrapper) {
	s := startWrapperIn(t, w, sharedDir(t), "../programs/fcgiwrap-root", nil, sayHello)
	s.get(t, "/script/a/b").wantBody(t, "hello /script /a/b "+s.dir+"\n")
}

// wrapWithoutMethod has nginx send no REQUEST_METHOD: elsewhere that is a 400, here the script is
// run, and is told none.
func wrapWithoutMethod(t *testing.T, w wrapper) {
	s := startWrapperIn(t, w, sharedDir(t), "../programs/fcgiwrap-bare", nil,
		"#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nmethod %s\\n' \"${REQUEST_METHOD-none}\"\n")
	s.get(t, "/script").wantBody(t, "method none\n")
}

// wrapRedirect has a script send the client to another path: behind a front that is not for us to
// follow, be there a script or not.
func wrapRedirect(t *testing.T, w wrapper) {
	s := startWrapper(t, w, nil, "#!/bin/sh\nprintf 'Location: /script?again\\n\\n'\n")
	r := s.do(t, call{path: "/script"})
	if to := r.header.Get("Location"); r.status != 302 || !strings.HasSuffix(to, "/script?again") {
		t.Errorf("got %d, Location %q, want 302 to /script?again", r.status, to)
	}
}

// wrapStderr looks where a script's standard error goes.
func wrapStderr(t *testing.T, w wrapper, front bool) {
	var args []string
	if front {
		args = []string{"-f"}
	}
	s := startWrapper(t, w, args, sayHello)
	s.get(t, "/script")
	const complaint = "the script complains"
	if !front {
		eventually(t, "the complaint in the wrapper's log", func() bool { return strings.Contains(fileText(s.log), complaint) })
	}
	if front {
		eventually(t, "the complaint in nginx's log", func() bool { return strings.Contains(fileText(s.front.Log), complaint) })
	} else if strings.Contains(fileText(s.front.Log), complaint) {
		t.Errorf("nginx was told, and nobody asked for it:\n%s", fileText(s.front.Log))
	}
}

func fileText(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// wrapChildren asks for two scripts at once, each of which waits for the other.
func wrapChildren(t *testing.T, w wrapper) {
	s := startWrapper(t, w, []string{"-c", "2"}, `#!/bin/sh
: >"$DIR/running.$QUERY_STRING"
until [ -e "$DIR/running.1" ] && [ -e "$DIR/running.2" ]; do sleep 0.01; done
printf 'Content-Type: text/plain\n\nok\n'
`)
	var both sync.WaitGroup
	for _, n := range []string{"1", "2"} {
		both.Go(func() {
			r, err := s.try(t.Context(), call{path: "/script?" + n})
			if err != nil || r.status != 200 || string(r.body) != "ok\n" {
				t.Errorf("script %s: %+v, %v", n, r, err)
			}
		})
	}
	both.Wait()
}

// wrapPath allows one script by name, in a folder whose name would be a pattern.
func wrapPath(t *testing.T, w wrapper) {
	s := startWrapper(t, w, []string{"-p", "/nowhere"}, sayHello)
	s.do(t, call{path: "/script"}).want(t, 403)

	dir := filepath.Join(sharedDir(t), "[a]*")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s = startWrapperIn(t, w, dir, "../programs/fcgiwrap", []string{"-p", "/nowhere", "-p", filepath.Join(dir, "script")}, sayHello)
	s.get(t, "/script").wantBody(t, "hello /script  "+dir+"\n")
	writeScript(t, filepath.Join(dir, "other"), sayHello)
	s.do(t, call{path: "/other"}).want(t, 403)
}

// wrapStarted starts w by another program, which opens the socket.
func wrapStarted(t *testing.T, w wrapper, by func(socket string) []string) {
	s := &wrapSite{wrapper: &w, dir: sharedDir(t)}
	socket := filepath.Join(s.dir, "s")
	s.log = filepath.Join(s.dir, "log")
	argv := slices.Concat(by(socket), w.argv)
	if argv[0] == "spawn-fcgi" {
		argv[len(by(socket))] = mustLook(t, w.argv[0])
	}
	p, err := startProcess(s.log, []string{"DIR=" + s.dir}, argv...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	s.behindNginx(t, "../programs/fcgiwrap", socket, sayHello)
	s.get(t, "/script").wantBody(t, "hello /script  "+s.dir+"\n")
}

func mustLook(t *testing.T, name string) string {
	t.Helper()
	path, err := lookProgram(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
