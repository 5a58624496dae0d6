package compare

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/template"
)

// firstLine is the first line of what a program writes, for its version.
func firstLine(path string, args ...string) string {
	text, _ := output(path, args...)
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

// build compiles peer.c.
func (s *setup) build(name string, flags ...string) (path string, err error) {
	cc, err := lookProgram("cc", "gcc", "clang")
	if err != nil {
		return "", errors.New("there is no C compiler")
	}
	path = filepath.Join(s.dir, name)
	_, err = output(cc, append([]string{"-O2", "-o", path, s.file("peer.c")}, flags...)...)
	return path, err
}

// findScript makes the CGI program: in C, or as a shell script where there is no compiler.
func findScript(s *setup) (found, error) {
	if s.script != "" {
		return found{s.script, "its program is in C"}, nil
	}
	path, err := s.build("peer")
	if err == nil {
		s.script = path
		return findScript(s)
	}
	if runtime.GOOS == "windows" {
		return found{}, err
	}
	s.script = s.file("peer.sh")
	return found{s.script, "its program is a shell script: " + err.Error()}, os.Chmod(s.script, 0o755)
}

func findLibfcgi(s *setup) (found, error) {
	path, err := s.build("libfcgi", "-DFASTCGI", "-lfcgi")
	if err != nil {
		return found{}, errors.New("libfcgi is not installed, or no C compiler (Debian: gcc libfcgi-dev)")
	}
	return found{path, firstLine("pkg-config", "--modversion", "fcgi")}, nil
}

// startLibfcgi has processes accept on their descriptor 0, as the specification has it.
func startLibfcgi(s *site) (*running, error) {
	r := &running{address: s.socket()}
	for range s.setup.processes {
		if err := r.launchOn(s, exec.Command(s.setup.looked["libfcgi"].path)); err != nil {
			r.stop()
			return nil, err
		}
	}
	return r, nil
}

// launchOn starts a program whose standard input is the site's socket.
func (r *running) launchOn(s *site, cmd *exec.Cmd) error {
	if r.listener == nil {
		l, err := listenerFile(s.socket())
		if err != nil {
			return err
		}
		r.listener = l
	}
	cmd.Stdin = r.listener
	p, err := launch(cmd)
	if err == nil {
		r.programs = append(r.programs, p)
	}
	return err
}

func findFcgiwrap(s *setup) (found, error) {
	path, err := lookProgram("fcgiwrap")
	if err != nil {
		return found{}, err
	}
	if _, err := findScript(s); err != nil {
		return found{}, err
	}
	help, _ := output(path, "-h")
	_, version, _ := strings.Cut(help, "version ")
	version, _, _ = strings.Cut(version, "\n")
	return found{path, version}, nil
}

func startFcgiwrap(s *site) (*running, error) {
	r := &running{address: s.socket()}
	if err := r.launchOn(s, exec.Command(s.setup.looked["fcgiwrap"].path, "-c", strconv.Itoa(s.setup.processes))); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// launchUntilUp starts a program that opens the site's socket by itself.
func (s *site) launchUntilUp(path string, args ...string) (*running, error) {
	p, err := launch(exec.Command(path, args...))
	if err != nil {
		return nil, err
	}
	if err := p.await(s.socket()); err != nil {
		p.kill()
		return nil, err
	}
	return &running{address: s.socket(), programs: []*program{p}}, nil
}

// pythonPlugin is what Debian's uWSGI needs for Python.
var pythonPlugin = []string{"--plugin", "python3"}

func findUWSGI(*setup) (found, error) {
	path, err := lookProgram("uwsgi-core", "uwsgi")
	if err != nil {
		return found{}, errors.New("uWSGI is not installed (Debian: uwsgi-core uwsgi-plugin-python3)")
	}
	// It goes on after the list, and ends for want of a socket.
	if list, _ := output(path, append(pythonPlugin, "--plugin-list")...); !strings.Contains(list, "python") || strings.Contains(list, "UNABLE") {
		return found{}, errors.New("uWSGI has no plugin for Python (Debian: uwsgi-plugin-python3)")
	}
	return found{path, firstLine(path, "--version")}, nil
}

// startUWSGI has a process for each core, as uWSGI's documentation begins with.
func startUWSGI(s *site) (*running, error) {
	socket := map[string]string{"uwsgi": "--uwsgi-socket", "scgi": "--scgi-socket", "fastcgi": "--fastcgi-socket", "http": "--http-socket"}
	backlog := cmp.Or(strings.TrimSpace(readText("/proc/sys/net/core/somaxconn")), "100")
	return s.launchUntilUp(s.setup.looked["uwsgi"].path, append(pythonPlugin, "--master", "--die-on-term", "--need-app", "--disable-logging",
		"--processes", strconv.Itoa(runtime.NumCPU()), "--listen", backlog, "--wsgi-file", s.setup.file("peer.py"), socket[s.protocol()], s.socket())...)
}

func findGunicorn(*setup) (found, error) {
	path, err := lookProgram("gunicorn", "gunicorn3")
	if err != nil {
		return found{}, err
	}
	return found{path, firstLine(path, "--version")}, nil
}

// startGunicorn has a worker for each core: with threads where connections are kept, which its
// usual workers do not.
func startGunicorn(s *site) (*running, error) {
	args := []string{"--bind", "unix:" + s.socket(), "--workers", strconv.Itoa(runtime.NumCPU()), "--chdir", s.setup.file(""), "--log-level", "error"}
	if s.row.Wire == "http" {
		args = append(args, "--worker-class", "gthread", "--threads", "16", "--keep-alive", "60", "--worker-connections", "2000")
	}
	return s.launchUntilUp(s.setup.looked["gunicorn"].path, append(args, "peer:application")...)
}

func findPHP(*setup) (found, error) {
	versions, _ := filepath.Glob("/usr/sbin/php-fpm[0-9]*")
	path, err := lookProgram(append([]string{"php-fpm"}, versions...)...)
	if err != nil {
		return found{}, err
	}
	return found{path, firstLine(path, "-v")}, nil
}

func startPHP(s *site) (*running, error) {
	conf, err := s.fill("php-fpm.conf", map[string]any{"Dir": s.dir, "Address": s.socket(), "Root": os.Getuid() == 0, "Processes": s.setup.processes})
	if err != nil {
		return nil, err
	}
	return s.launchUntilUp(s.setup.looked["php-fpm"].path, "-F", "-R", "-y", conf)
}

// fill writes one of the peers' templates into the site's folder, and returns its path.
func (s *site) fill(name string, data any) (path string, err error) {
	t, err := template.ParseFS(peers, "peers/"+name)
	if err != nil {
		return "", err
	}
	path = filepath.Join(s.dir, name)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if err := errors.Join(t.Execute(f, data), f.Close()); err != nil {
		return "", fmt.Errorf("compare: %s: %w", name, err)
	}
	return path, nil
}
