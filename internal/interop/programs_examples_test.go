package interop

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exampleDir has the units and the configurations that people copy. The tests here load those very
// files, with other paths in them.
const exampleDir = "../../examples/cgihost"

// What the files of the example say, and a test has elsewhere.
const (
	exampleProgram = "/usr/bin/postern"
	exampleSocket  = "/run/postern-cgi.socket"
	exampleScripts = "/usr/lib/cgi-bin/"
)

// example returns a file of the example, with other paths in it. Each path has to be in the file.
func example(t *testing.T, name string, oldnew ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(exampleDir, name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%s does not say %s any more", name, oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	return text
}

// execStart is the command line of a unit.
func execStart(t *testing.T, unit string) []string {
	t.Helper()
	for line := range strings.Lines(unit) {
		if command, ok := strings.CutPrefix(line, "ExecStart="); ok && strings.TrimSpace(command) != "" {
			return strings.Fields(command)
		}
	}
	t.Fatalf("no ExecStart in %s", unit)
	return nil
}

// TestExampleOfCGI starts Postern as the unit does, and before it each front with the example's
// configuration for it.
func TestExampleOfCGI(t *testing.T) {
	needFronts(t)
	t.Parallel()
	program, dir := posternProgram(t), scriptDir(t, "echo.sh", "env.sh")
	socket := filepath.Join(sharedDir(t), "s")
	unit := example(t, "systemd/postern-cgi.service", exampleProgram, program, exampleScripts, dir+"/")
	startActivated(t, socket, execStart(t, unit)...)
	preludes := map[string]string{ // what Debian has in another file
		"apache2": "LoadModule proxy_module ${modules}/mod_proxy.so\nLoadModule proxy_fcgi_module ${modules}/mod_proxy_fcgi.so\n",
	}
	for _, f := range []*front{nginx(), apache(), lighttpd()} {
		t.Run(f.name, func(t *testing.T) {
			snippet := filepath.Join(sharedDir(t), "snippet")
			writeFiles(t, filepath.Dir(snippet), map[string]string{
				"snippet.conf": preludes[f.name] + example(t, f.name+".conf", exampleSocket, socket),
			})
			s := startExampleFront(t, f, snippet)
			s.get(t, "/cgi-bin/echo.sh/a%20b?c=d").wantBody(t, "GET /cgi-bin/echo.sh/a b?c=d\n")
			body := pattern(t, 2_000_000)
			s.do(t, call{path: "/cgi-bin/echo.sh", body: bytes.NewReader(body)}).want(t, 200).wantBody(t, "POST /cgi-bin/echo.sh?\n"+string(body))
			s.get(t, "/cgi-bin/env.sh").contains(t, "GATEWAY_INTERFACE=CGI/1.1\n", "SCRIPT_NAME=/cgi-bin/env.sh\n", "REMOTE_ADDR=127.0.0.1\n")
			s.do(t, call{path: "/cgi-bin/none.sh"}).want(t, 404)
			s.do(t, call{path: "/elsewhere"}).want(t, 404)
		})
	}
}

// startActivated starts a command as systemd does for a socket unit, and returns once its socket
// accepts.
func startActivated(t *testing.T, socket string, argv ...string) {
	t.Helper()
	starter, err := filepath.Abs("testdata/programs/activate.py")
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(filepath.Join(filepath.Dir(socket), "log"), nil, append([]string{"/usr/bin/python3", starter, socket}, argv...)...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	eventually(t, "a socket at "+socket, func() bool {
		c, err := net.Dial("unix", socket)
		return err == nil && c.Close() == nil
	})
	if err := os.Chmod(socket, 0o777); err != nil { // the front may be another user
		t.Fatal(err)
	}
}

// startExampleFront starts a front with a snippet that lies anywhere.
func startExampleFront(t *testing.T, f *front, snippet string) *site {
	t.Helper()
	here, err := filepath.Abs(filepath.Join("testdata", f.name))
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(here, snippet)
	if err != nil {
		t.Fatal(err)
	}
	// the frame of nginx names a backend that is not used
	c := startFront(t, f, rel, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, "")
	s := &site{pair: &pair{front: f, protocol: "fastcgi"}, addr: loopback(c.Port), client: newClient()}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// TestUnits has systemd read the units of the example. Where there is no systemd, nobody can read
// them.
func TestUnits(t *testing.T) {
	needFronts(t)
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("there is no systemd-analyze here: the units are not verified")
		return
	}
	dir, program := t.TempDir(), posternProgram(t)
	service := filepath.Join(dir, "postern-cgi.service")
	writeFiles(t, dir, map[string]string{
		"postern-cgi.socket":  example(t, "systemd/postern-cgi.socket"),
		"postern-cgi.service": example(t, "systemd/postern-cgi.service", exampleProgram, program),
		"fcgiwrap.socket":     "[Socket]\nListenStream=/run/fcgiwrap.socket\n",
		"fcgiwrap.service":    "[Unit]\nRequires=fcgiwrap.socket\n[Service]\nEnvironment=DAEMON_OPTS=-f\nExecStart=/usr/sbin/fcgiwrap ${DAEMON_OPTS}\n",
	})
	dropIn := filepath.Join(dir, "fcgiwrap.service.d")
	if err := os.Mkdir(dropIn, 0o755); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dropIn, map[string]string{"postern.conf": example(t, "systemd/fcgiwrap.service.d/postern.conf", exampleProgram, program)})
	for _, args := range [][]string{
		{"verify", "--man=no", service, filepath.Join(dir, "postern-cgi.socket"), filepath.Join(dir, "fcgiwrap.service")},
		// of 100, which is a service without any hardening
		{"security", "--offline=yes", "--no-pager", "--threshold=25", service},
	} {
		c := exec.CommandContext(t.Context(), analyze, args...)
		c.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
		if out, err := c.CombinedOutput(); err != nil || args[0] == "verify" && bytes.Contains(out, []byte(dir)) {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, out)
		}
	}
}
