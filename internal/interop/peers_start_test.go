package interop

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// helloProgram compiles examples/onehandler, the README's program, where a front may start it: as
// demo.cgi, which lighttpd goes by.
func helloProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(sharedDir(t), "demo.cgi")
	goBuild(t, "github.com/postern-gateway/postern/examples/onehandler", path)
	return path
}

// TestStarters starts one program in each way that there is, with no word of configuration.
func TestStarters(t *testing.T) {
	needPeers(t)
	t.Parallel()
	hello := helloProgram(t)
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, hello string)
	}{
		{"spawn-fcgi", startedBySpawnFCGI},
		{"systemd", startedBySystemd},
		{"Apache's mod_cgid", func(t *testing.T, hello string) { startedByFront(t, apache(), "cgi", hello, 0) }},
		{"lighttpd's mod_cgi", func(t *testing.T, hello string) { startedByFront(t, lighttpd(), "cgi", hello, 0) }},
		{"Apache's mod_fcgid", func(t *testing.T, hello string) { startedByFront(t, apache(), "../peers/apache2-starts", hello, 8) }},
		{"lighttpd's mod_fastcgi", func(t *testing.T, hello string) { startedByFront(t, lighttpd(), "../peers/lighttpd-starts", hello, 2) }},
		{"a shell", startedByHand},
		{"a shell, and the port is taken", startedInVain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, hello)
		})
	}
}

// startHello starts the program, or another that starts it, and returns once a Unix socket accepts.
func startHello(t *testing.T, socket string, env []string, argv ...string) *process {
	t.Helper()
	p, err := startProcess(filepath.Join(filepath.Dir(socket), "log"), env, argv...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	return p
}

// asksHello calls the program at a URL.
func asksHello(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := endpoint.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/world", "SCRIPT_NAME", "", "PATH_INFO", "/world",
		"SERVER_PROTOCOL", "HTTP/1.1", "SERVER_NAME", "localhost", "SERVER_PORT", "80", "HTTP_HOST", "localhost")}
	res, err := c.RoundTrip(ctx, r.WithContext(ctx))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if want := "hello, /world\n"; err != nil || res.Status != 200 || string(body) != want {
		t.Fatalf("%s: want 200 with %q, got %d with %q, %v", url, want, res.Status, body, err)
	}
}

// endsWell ends the process by SIGTERM, and its status must be 0.
func (p *process) endsWell(t *testing.T) {
	t.Helper()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if p.err != nil {
		t.Errorf("after SIGTERM: %v; its log:\n%s", p.err, p.said())
	}
}

func startedBySpawnFCGI(t *testing.T, hello string) {
	socket := filepath.Join(t.TempDir(), "s")
	p := startHello(t, socket, nil, "spawn-fcgi", "-n", "-s", socket, "--", hello)
	asksHello(t, "fastcgi+unix:"+socket)
	p.endsWell(t)

	// Without -n spawn-fcgi leaves the program to itself.
	port, _ := freePorts(t)
	trace := mark + "=" + t.TempDir()
	spawner, err := startProcess(filepath.Join(t.TempDir(), "log"), []string{trace}, "spawn-fcgi", "-a", "127.0.0.1", "-p", strconv.Itoa(port), "--", hello)
	if err != nil {
		t.Fatal(err)
	}
	<-spawner.done
	_, number, _ := strings.Cut(spawner.said(), "PID: ")
	pid, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || spawner.err != nil {
		t.Fatalf("spawn-fcgi: %v; it says %q", spawner.err, spawner.said())
	}
	defer func() {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		eventually(t, "no process is left", func() bool { return len(processesWith(t, trace)) == 0 })
	}()
	asksHello(t, "fastcgi://"+loopback(port))
}

func startedBySystemd(t *testing.T, hello string) {
	program, err := filepath.Abs("testdata/programs/activate.py")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	p := startHello(t, socket, nil, "/usr/bin/python3", program, socket, hello)
	for _, scheme := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		asksHello(t, scheme+"+unix:"+socket)
	}
	p.endsWell(t)
}

// startedByFront has a web server start the program: for each request, or at most so many that
// stay. They end when it ends.
func startedByFront(t *testing.T, f *front, snippet, hello string, stay int) {
	// of its own name, so that its processes can be told
	own := filepath.Join(sharedDir(t), filepath.Base(hello))
	if err := os.Link(hello, own); err != nil {
		t.Fatal(err)
	}
	t.Run("requests", func(t *testing.T) {
		c := startFront(t, f, snippet, nil, own)
		s := &site{pair: &pair{front: f, protocol: "cgi"}, addr: loopback(c.Port), client: newClient()}
		defer s.client.CloseIdleConnections()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				path := fmt.Sprintf("/world/%d", i)
				r, err := s.try(t.Context(), call{path: path})
				if err != nil || r.err != nil || r.status != 200 || string(r.body) != "hello, "+path+"\n" {
					t.Errorf("%s: %+v, %v", path, r, err)
				}
			})
		}
		all.Wait()
		eventually(t, "no more processes than may stay", func() bool {
			n := processesOf(t, own)
			return n == 0 && stay == 0 || n > 0 && n <= stay
		})
	})
	eventually(t, "no process is left", func() bool { return processesOf(t, own) == 0 })
}

// processesOf counts those that run a program.
func processesOf(t *testing.T, program string) (n int) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if path, err := os.Readlink(link); err == nil && path == program {
			n++
		}
	}
	return n
}

var listening = regexp.MustCompile(`listening url=(\S+)`)

// startedByHand listens where POSTERN_LISTEN says, and says where.
func startedByHand(t *testing.T, hello string) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	listen := []string{"auto://127.0.0.1:0", "http://127.0.0.1:0", "fastcgi://127.0.0.1:0", "scgi+unix:" + socket, "uwsgi+unix:" + filepath.Join(dir, "u")}
	p := startHello(t, socket, []string{"POSTERN_LISTEN=" + strings.Join(listen, " ")}, hello)
	var urls []string
	eventually(t, "a line for each listener", func() bool {
		urls = nil
		for _, m := range listening.FindAllStringSubmatch(p.said(), -1) {
			urls = append(urls, m[1])
		}
		return len(urls) == len(listen)
	})
	for i, url := range urls {
		scheme, rest, _ := strings.Cut(url, ":")
		if want, _, _ := strings.Cut(listen[i], ":"); scheme != want {
			t.Errorf("listener %d: want %s, got %s", i, listen[i], url)
		}
		if scheme != "auto" {
			asksHello(t, url)
			continue
		}
		for _, scheme := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
			asksHello(t, scheme+":"+rest)
		}
	}
	p.endsWell(t)
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// startedInVain has no word where to listen, and its default is taken: it says so and does not
// stay.
func startedInVain(t *testing.T, hello string) {
	addr := strings.TrimPrefix(endpoint.DefaultListen, "auto://")
	if l, err := net.Listen("tcp", addr); err == nil { // else somebody else has it
		defer l.Close()
	}
	p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, hello)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	<-p.done
	if said := strings.TrimSpace(p.said()); p.err == nil || !strings.Contains(said, addr) || !strings.Contains(said, "address already in use") ||
		strings.Contains(said, "\n") {
		t.Errorf("want a line that says that %s is in use, and a status other than 0: %v, %q", addr, p.err, said)
	}
}
