package interop

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// A fpm is a php-fpm with a pool of four children.
type fpm struct {
	dir    string // of the scripts; its own user may write there
	socket string
	run    *process
}

// phpFPM starts Debian's php-fpm, whose name has a version. A child ends after maxRequests.
func phpFPM(t *testing.T, maxRequests int) *fpm {
	t.Helper()
	f := &fpm{dir: sharedDir(t)}
	f.socket = filepath.Join(sharedDir(t), "s")
	source, err := os.ReadFile("testdata/peers/app.php")
	if err != nil {
		t.Fatal(err)
	}
	writeScript(t, filepath.Join(f.dir, "app.php"), string(source))
	if err := os.Chmod(f.dir, 0o777); err != nil { // children note their pids
		t.Fatal(err)
	}
	fill(t, "php-fpm.conf", filepath.Join(f.dir, "fpm.conf"), map[string]any{
		"Dir": f.dir, "Socket": f.socket, "MaxRequests": maxRequests, "Root": os.Getuid() == 0,
	})
	f.start(t)
	return f
}

func (f *fpm) start(t *testing.T) {
	t.Helper()
	programs, err := filepath.Glob("/usr/sbin/php-fpm[0-9]*")
	if err != nil || len(programs) == 0 {
		t.Fatalf("php-fpm is not installed: make deps (%v)", err)
	}
	f.run, err = startProcess(filepath.Join(f.dir, "log"), nil, programs[0], "-F", "-n", "-y", filepath.Join(f.dir, "fpm.conf"))
	if err != nil {
		t.Fatal(err)
	}
	f.run.stopAtEnd(t)
	waitSocket(t, f.run, f.socket)
}

// site is f behind Postern, called with options, as "?keep=2".
func (f *fpm) site(t *testing.T, options string) *peerSite {
	return behindPostern(t, "fastcgi+unix:"+f.socket+options, f.variables)
}

// variables adds what PHP must know, and what a front would say: the file to run.
func (f *fpm) variables(out *protocol.Request) {
	script, rest := out.Params.Get("PATH_INFO"), ""
	if i := strings.Index(script, ".php/"); i >= 0 {
		script, rest = script[:i+len(".php")], script[i+len(".php"):]
	}
	out.Params.Set("SCRIPT_FILENAME", f.dir+script)
	out.Params.Set("SCRIPT_NAME", script)
	out.Params.Set("PATH_INFO", rest)
	out.Params.Set("DOCUMENT_ROOT", f.dir)
}

// TestPHPFPM has php-fpm behind our FastCGI client, with a connection for each request and with
// kept ones.
func TestPHPFPM(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := phpFPM(t, 0)
	for _, tt := range []struct{ name, options string }{{"a connection each", ""}, {"kept", "?keep=2"}} {
		t.Run(tt.name, func(t *testing.T) {
			s := f.site(t, tt.options)
			t.Run("answers", func(t *testing.T) { phpAnswers(t, s) })
			t.Run("bodies", func(t *testing.T) { phpBodies(t, s) })
			t.Run("variables", func(t *testing.T) { phpVariables(t, s) })
			t.Run("at once", func(t *testing.T) { phpAtOnce(t, s) })
			t.Run("stderr", func(t *testing.T) { phpStderr(t, s) })
		})
	}
}

func phpAnswers(t *testing.T, s *peerSite) {
	s.get(t, "/app.php/a/b").wantBody(t, "GET /app.php /a/b 127.0.0.1\n")
	head := s.do(t, call{method: "HEAD", path: "/app.php?do=bytes&n=3"}).want(t, 200).wantBody(t, "")
	if got := head.header.Get("Content-Length"); got != "3" {
		t.Errorf("HEAD: Content-Length: want 3, got %q", got)
	}
	s.do(t, call{path: "/app.php?do=status&code=418"}).want(t, 418).wantBody(t, "status 418\n")
	if got := s.do(t, call{path: "/app.php?do=redirect"}).want(t, 302).header.Get("Location"); got != "/app.php?do=there" {
		t.Errorf("Location: %q", got)
	}
	r := s.do(t, call{path: "/app.php?do=cookies", header: http.Header{"Cookie": {"x=1; y=2"}}}).want(t, 200).wantBody(t, `{"x":"1","y":"2"}`)
	if diff := cmp.Diff([]string{"a=1", "b=two%20words; HttpOnly"}, r.header["Set-Cookie"]); diff != "" {
		t.Error(diff)
	}
	s.do(t, call{path: "/nothing.php"}).want(t, 404)
	s.wantLog(t, "Primary script unknown")
}

func phpBodies(t *testing.T, s *peerSite) {
	for _, n := range []int64{0, 1, 16 << 10, 5_000_000} {
		body := pattern(t, n)
		want := fmt.Sprintf("%d of %[1]d %x\n", n, sha1.Sum(body))
		s.do(t, call{method: "POST", path: "/app.php?do=sum", body: bytes.NewReader(body)}).want(t, 200).wantBody(t, want)
		s.do(t, call{method: "POST", path: "/app.php?do=sum", body: chunked(body)}).want(t, 200).wantBody(t, want)
		// A body that PHP does not read does no harm to what follows.
		s.do(t, call{method: "POST", path: "/app.php", body: bytes.NewReader(body)}).want(t, 200)
	}
	s.wantXs(t, "/app.php?do=bytes&n=20000000", 20_000_000)
}

// phpVariables sends 54 KB of them, in many and in one.
func phpVariables(t *testing.T, s *peerSite) {
	for _, fields := range []int{1, 54, 500} {
		header, n := make(http.Header), 54_000/fields
		for i := range fields {
			header["X-Field-"+strconv.Itoa(i)] = []string{strings.Repeat("v", n-4) + fmt.Sprintf("%04d", i)}
		}
		var got map[string]any
		decode(t, s.do(t, call{path: "/app.php?do=vars&q=%41", header: header}).want(t, 200).body, &got)
		for name, values := range header {
			if v := got["HTTP_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_")]; v != values[0] {
				t.Errorf("%d fields: %s: want %d bytes, got %.50q", fields, name, len(values[0]), v)
			}
		}
		for name, want := range map[string]string{"QUERY_STRING": "do=vars&q=%41", "REQUEST_URI": "/app.php?do=vars&q=%41",
			"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "FCGI_ROLE": "RESPONDER", "PHP_SELF": "/app.php"} {
			if got[name] != want {
				t.Errorf("%s: want %q, got %q", name, want, got[name])
			}
		}
	}
}

// phpAtOnce asks four children for sixteen things, none of which may be another's.
func phpAtOnce(t *testing.T, s *peerSite) {
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 4 {
				body := pattern(t, int64(1+i*10_000+j))
				r, err := s.try(t.Context(), call{path: "/app.php?do=sum", body: bytes.NewReader(body)})
				want := fmt.Sprintf("%d of %[1]d %x\n", len(body), sha1.Sum(body))
				if err != nil || r.err != nil || r.status != 200 || string(r.body) != want {
					t.Errorf("want %q, got %+v, %v", want, r, err)
				}
			}
		})
	}
	all.Wait()
}

func phpStderr(t *testing.T, s *peerSite) {
	id := strings.ReplaceAll(t.Name(), "/", ".")
	s.get(t, "/app.php?do=log&id="+id).wantBody(t, "logged\n")
	s.wantLog(t, `trouble ahead: `)
	s.wantLog(t, id)
}

// TestPHPBehindNginx has the command itself between nginx and php-fpm, which then knows nothing of
// the protocol that nginx speaks.
func TestPHPBehindNginx(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := phpFPM(t, 20)
	sockets := t.TempDir()
	// a connection each: a body that streams by cannot be sent twice
	startCommand(t, nil, sockets, "fastcgi+unix:"+f.socket)
	c := startFront(t, peersFront(), "php", &net.UnixAddr{Net: "unix", Name: sockets}, f.dir)
	s := peerWay("http", loopback(c.Port))
	t.Cleanup(s.client.CloseIdleConnections)
	body := pattern(t, 2_000_000)
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				path := "/" + name + "/a%20b?do=uri"
				s.get(t, path).wantBody(t, "GET "+path+"\n")
				want := fmt.Sprintf("%d of %[1]d %x\n", len(body), sha1.Sum(body))
				s.do(t, call{path: "/" + name + "/?do=sum", body: chunked(body)}).want(t, 200).wantBody(t, want)
				s.do(t, call{path: "/" + name + "/?do=status&code=404"}).want(t, 404)
			}
		})
	}
}
