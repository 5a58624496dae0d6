package interop

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// libfcgiProgram compiles testdata/peers/libfcgi.c and has spawn-fcgi start it.
func libfcgiProgram(t *testing.T) (socket string, p *process) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	out, err := exec.CommandContext(t.Context(), "gcc", "-O1", "-Wall", "-o", program, "testdata/peers/libfcgi.c", "-lfcgi").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	socket = filepath.Join(dir, "s")
	p, err = startProcess(filepath.Join(dir, "log"), nil, "spawn-fcgi", "-n", "-s", socket, "--", program)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	return socket, p
}

// TestLibfcgi has a program with libfcgi, the specification's own library, behind our FastCGI
// client.
func TestLibfcgi(t *testing.T) {
	needPeers(t)
	t.Parallel()
	for _, tt := range []struct{ name, options string }{{"a connection each", ""}, {"kept", "?keep=1"}} {
		t.Run(tt.name, func(t *testing.T) {
			socket, p := libfcgiProgram(t)
			s := behindPostern(t, "fastcgi+unix:"+socket+tt.options, nil)
			t.Run("answers", func(t *testing.T) { libfcgiAnswers(t, s) })
			t.Run("bodies", func(t *testing.T) { libfcgiBodies(t, s) })
			t.Run("variables", func(t *testing.T) { libfcgiVariables(t, s) })
			t.Run("many", func(t *testing.T) { libfcgiMany(t, s) })
			t.Run("ends", func(t *testing.T) { libfcgiEnds(t, s, p) })
		})
	}
}

func libfcgiAnswers(t *testing.T, s *peerSite) {
	s.get(t, "/a").wantBody(t, "GET /a 1\n")
	s.do(t, call{method: "HEAD", path: "/a"}).want(t, 200).wantBody(t, "")
	s.do(t, call{path: "/status"}).want(t, 404).wantBody(t, "nothing\n")
	s.get(t, "/stderr?id").wantBody(t, "told\n")
	s.wantLog(t, `line="trouble with id"`)
}

func libfcgiBodies(t *testing.T, s *peerSite) {
	for _, n := range []int64{0, 1, 16 << 10, 65535, 5_000_000} {
		body := pattern(t, n)
		var sum uint64
		for _, b := range body {
			sum = sum*31 + uint64(b)
		}
		want := fmt.Sprintf("%d %[1]d %d\n", n, sum)
		s.do(t, call{method: "POST", path: "/sum", body: bytes.NewReader(body)}).want(t, 200).wantBody(t, want)
		s.do(t, call{method: "POST", path: "/sum", body: chunked(body)}).want(t, 200).wantBody(t, want)
		s.do(t, call{method: "POST", path: "/unread", body: bytes.NewReader(body)}).want(t, 200)
	}
	s.wantXs(t, "/bytes?20000000", 20_000_000)
}

func libfcgiVariables(t *testing.T, s *peerSite) {
	header := http.Header{"X-Empty": {""}, "X-127": {strings.Repeat("a", 127)}, "X-128": {strings.Repeat("b", 128)},
		"X-Long": {strings.Repeat("c", 54_000)}}
	got := strings.Split(string(s.do(t, call{path: "/environ?q=%41", header: header}).want(t, 200).body), "\n")
	has := make(map[string]bool)
	for _, v := range got {
		has[v] = true
	}
	for _, v := range []string{"QUERY_STRING=q=%41", "HTTP_X_EMPTY=", "HTTP_X_127=" + header["X-127"][0],
		"HTTP_X_128=" + header["X-128"][0], "HTTP_X_LONG=" + header["X-Long"][0], "FCGI_ROLE=RESPONDER"} {
		if !has[v] {
			t.Errorf("not in the environment: %.60s", v)
		}
	}
}

// libfcgiMany asks one process, which takes a connection at a time, by several at once: one that is
// kept must not be in the others' way.
func libfcgiMany(t *testing.T, s *peerSite) {
	var all sync.WaitGroup
	ask := func(i int) {
		path := fmt.Sprintf("/many/%d", i)
		r, err := s.try(t.Context(), call{path: path})
		if err != nil || r.err != nil || !strings.HasPrefix(string(r.body), "GET "+path+" ") {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				ask(i*1000 + j)
			}
		})
	}
	all.Wait()
}

func libfcgiEnds(t *testing.T, s *peerSite, p *process) {
	s.notWhole(t, "/short")
	s.notWhole(t, "/die")
	<-p.done
	s.do(t, call{path: "/a"}).want(t, 502)
}

// TestCgiFcgi has libfcgi's cgi-fcgi, which is a CGI script to one side, call our FastCGI server.
func TestCgiFcgi(t *testing.T) {
	needPeers(t)
	t.Parallel()
	tcp := startBackend(t, &pair{protocol: "fastcgi"}, newExercise())
	unix := startBackend(t, &pair{protocol: "fastcgi", unix: true}, newExercise())
	body := pattern(t, 3_000_000)
	for _, addr := range []net.Addr{tcp, unix} {
		get := cgiFcgi(t, addr, nil, "REQUEST_METHOD=GET", "PATH_INFO=/", "REQUEST_URI=/")
		get.want(t, 200).wantBody(t, "hello, world\n")
		long := "HTTP_X_LONG=" + strings.Repeat("v", 54_000)
		vars := cgiFcgi(t, addr, nil, "REQUEST_METHOD=GET", "PATH_INFO=/vars", "REQUEST_URI=/vars", long).want(t, 200)
		if !strings.Contains(string(vars.body), strings.Repeat("v", 54_000)) {
			t.Error("54 KB of variables: not whole")
		}
		cgiFcgi(t, addr, body, "REQUEST_METHOD=POST", "PATH_INFO=/t/sum", "REQUEST_URI=/t/sum",
			fmt.Sprintf("CONTENT_LENGTH=%d", len(body))).want(t, 200).wantBody(t, sumOf(body))
		cgiFcgi(t, addr, nil, "REQUEST_METHOD=GET", "PATH_INFO=/status", "REQUEST_URI=/status?code=418", "QUERY_STRING=code=418").want(t, 418)
	}
}

// cgiFcgi runs cgi-fcgi with an environment, and reads what it prints.
func cgiFcgi(t *testing.T, addr net.Addr, body []byte, env ...string) *reply {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "cgi-fcgi", "-bind", "-connect", addr.String())
	cmd.Env = append(env, "SERVER_PROTOCOL=HTTP/1.1", "GATEWAY_INTERFACE=CGI/1.1", "SCRIPT_NAME=", "SERVER_NAME=localhost",
		"SERVER_PORT=80", "REMOTE_ADDR=127.0.0.1")
	cmd.Stdin = bytes.NewReader(body)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cgi-fcgi: %v\n%s%s", err, out, complaint.Bytes())
	}
	return cgiReply(t, out)
}
