package examples

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"
)

// A front is a web server: Debian's package, its program and how that is started in the
// foreground.
type front struct {
	name    string // of the package, and of the configurations
	program string
	args    func(conf string) []string
	says    string // what its SERVER_SOFTWARE begins with
}

var fronts = []front{
	{"nginx", "/usr/sbin/nginx", func(conf string) []string { return []string{"-e", "stderr", "-c", conf} }, "nginx/"},
	{"apache2", "/usr/sbin/apache2", func(conf string) []string { return []string{"-D", "FOREGROUND", "-f", conf} }, "Apache/"},
	{"lighttpd", "/usr/sbin/lighttpd", func(conf string) []string { return []string{"-D", "-f", conf} }, "lighttpd/"},
}

// need leaves a test out that needs a program which is not installed, unless it has to be.
func need(t *testing.T, path string) string {
	t.Helper()
	found, err := exec.LookPath(path)
	switch {
	case err == nil:
	case os.Getenv("POSTERN_INTEROP") == "1":
		t.Fatalf("%v: make deps", err)
	default:
		t.Skipf("%v: run make test", err)
	}
	return found
}

// TestFronts has each front before the examples of all protocols, with the configurations that
// people copy.
func TestFronts(t *testing.T) {
	backends := loopback()
	for _, w := range examples {
		w.start(t, at(w.backend, backends))
	}
	for _, f := range fronts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			need(t, f.program)
			host := f.start(t, backends)
			for _, w := range examples {
				t.Run(w.name, func(t *testing.T) {
					client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
					software := f.says
					if w.name == "http" || w.name == "cgi" && f.name == "nginx" {
						software = "Postern" // the front is the client here
					}
					w.does(t, client, "http://"+at(w.front, host), software)
				})
			}
		})
	}
}

// TestApacheAndPort3031: mod_proxy_uwsgi takes uwsgi's usual port for none, and calls port 0.
func TestApacheAndPort3031(t *testing.T) {
	t.Parallel()
	apache, uwsgi := fronts[1], examples[3]
	need(t, apache.program)
	host, backends := loopback(), loopback()
	uwsgi.start(t, backends+":3031")
	snippet := strings.ReplaceAll(apache.snippet(t, uwsgi.name, uwsgi.front, host, backends), "3030", "3031")
	p := apache.run(t, host, snippet)
	p.acceptsOn(t, "tcp", at(uwsgi.front, host))
	if status, body := get(t, http.DefaultClient, "http://"+at(uwsgi.front, host)+"/"); status != 503 {
		t.Errorf("%d %s: the README need warn of it no more", status, body)
	}
	p.says(t, `connect to `+backends+`:0 `)
}

// start starts the front with the configuration of every example, and returns the address that it
// has in the place of 127.0.0.1.
func (f front) start(t *testing.T, backends string) (host string) {
	t.Helper()
	var snippets strings.Builder
	host = loopback()
	for _, w := range examples {
		snippets.WriteString(f.snippet(t, w.name, w.front, host, backends))
	}
	snippet := strings.ReplaceAll(snippets.String(), "/usr/lib/cgi-bin/", scripts(t))
	p := f.run(t, host, snippet)
	for _, w := range examples {
		p.acceptsOn(t, "tcp", at(w.front, host))
	}
	return host
}

// run starts the front with its frame and the examples' snippets in it.
func (f front) run(t *testing.T, host, snippets string) *process {
	t.Helper()
	dir := sharedDir(t)
	frame, err := template.ParseFiles(filepath.Join("testdata", f.name+".conf"))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := frame.Execute(&text, map[string]any{"Dir": dir, "Host": host, "Root": os.Getuid() == 0, "Snippets": snippets}); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "front.conf")
	if err := os.WriteFile(conf, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return start(t, nil, append([]string{f.program}, f.args(conf)...)...)
}

// startNginx starts nginx with an example's configuration, in which it listens at front, before
// programs at backends. It returns where nginx listens.
func startNginx(t *testing.T, folder, front, backends string) (addr string) {
	t.Helper()
	f, host := fronts[0], loopback()
	need(t, f.program)
	f.run(t, host, f.snippet(t, folder, front, host, backends)).acceptsOn(t, "tcp", at(front, host))
	return at(front, host)
}

// snippet is an example's configuration of the front, with other addresses in it: host where the
// front listens, backends where the programs do.
func (f front) snippet(t *testing.T, folder, front, host, backends string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, f.name+".conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(front)) {
		t.Fatalf("%s/%s.conf does not say %s any more", folder, f.name, front)
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(b), front, at(front, host)), "127.0.0.1", backends)
}

// scripts is a folder with the CGI program, by the name that the configurations have.
func scripts(t *testing.T) string {
	t.Helper()
	dir := sharedDir(t)
	if err := os.Link(program(t, "cgi"), filepath.Join(dir, "image")); err != nil {
		t.Fatal(err)
	}
	return dir + "/"
}

// loopback is an address of loopback that nobody else has, so that all ports of it are free.
func loopback() string {
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), 1+rand.IntN(250), 1+rand.IntN(250))
}

// at is a configuration's 127.0.0.1:PORT at another address.
func at(addr, host string) string { return strings.Replace(addr, "127.0.0.1", host, 1) }

// sharedDir is a temporary folder that a front's own user can enter too.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// acceptsOn returns once p accepts at addr.
func (p *process) acceptsOn(t *testing.T, network, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errors.New("it hangs"))
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := new(net.Dialer).DialContext(ctx, network, addr); err == nil {
			c.Close()
			return
		}
		select {
		case <-tick.C:
		case <-p.done:
			t.Fatalf("%s ended before it listened:\n%s", p.cmd.Path, p.said())
		case <-ctx.Done():
			t.Fatalf("%s does not listen on %s: %v", p.cmd.Path, addr, context.Cause(ctx))
		}
	}
}
