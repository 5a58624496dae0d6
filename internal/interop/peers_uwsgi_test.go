package interop

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// uwsgiProgram starts Debian's uWSGI with plugins and arguments, its log in a file, and waits for a
// socket. A worker that gets SIGTERM itself and by its master may miss both: without that mercy the
// master then waits for a minute.
func uwsgiProgram(t *testing.T, socket string, args ...string) *process {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	p, err := startProcess(log, nil, append([]string{"uwsgi-core", "--die-on-term", "--master", "--need-app", "--worker-reload-mercy", "1"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	return p
}

// startUWSGI starts testdata/peers/app.py behind a Unix socket for each protocol, by its name, in a
// folder.
func startUWSGI(t *testing.T) (sockets string) {
	t.Helper()
	app, err := filepath.Abs("testdata/peers/app.py")
	if err != nil {
		t.Fatal(err)
	}
	sockets = t.TempDir()
	args := []string{"--plugin", "python3", "--plugin", "ping", "--processes", "2", "--wsgi-file", app}
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		args = append(args, "--"+name+"-socket", filepath.Join(sockets, name))
	}
	uwsgiProgram(t, filepath.Join(sockets, "uwsgi"), args...)
	return sockets
}

// TestUWSGI has uWSGI behind each of our clients that it knows the protocol of.
func TestUWSGI(t *testing.T) {
	needPeers(t)
	t.Parallel()
	sockets := startUWSGI(t)
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := new(sentParams)
			s := behindPostern(t, name+"+unix:"+filepath.Join(sockets, name), sent.note)
			t.Run("answers", func(t *testing.T) { wsgiAnswers(t, s) })
			t.Run("bodies", func(t *testing.T) { wsgiBodies(t, s) })
			t.Run("variables", func(t *testing.T) { wsgiVariables(t, s, sent) })
			t.Run("ends", func(t *testing.T) { wsgiEnds(t, s) })
			t.Run("too large", func(t *testing.T) { wsgiTooLarge(t, s) })
		})
	}
}

func wsgiAnswers(t *testing.T, s *peerSite) {
	s.get(t, "/a%20b").wantBody(t, "GET /a b\n")
	s.do(t, call{method: "HEAD", path: "/a"}).want(t, 200).wantBody(t, "")
	r := s.do(t, call{path: "/status"}).want(t, 418).wantBody(t, "short and stout\n")
	if diff := cmp.Diff([]string{"a=1", "b=2"}, r.header["Set-Cookie"]); diff != "" {
		t.Error(diff)
	}
}

func wsgiBodies(t *testing.T, s *peerSite) {
	for _, n := range []int64{0, 1, 16 << 10, 5_000_000} {
		body := pattern(t, n)
		want := fmt.Sprintf("%d %x\n", n, sha1.Sum(body))
		s.do(t, call{method: "POST", path: "/sum", body: bytes.NewReader(body)}).want(t, 200).wantBody(t, want)
		s.do(t, call{method: "POST", path: "/sum", body: chunked(body)}).want(t, 200).wantBody(t, want)
	}
	for _, path := range []string{"/bytes?n=20000000", "/bytes?n=20000000&length=20000000"} {
		s.wantXs(t, path, 20_000_000)
	}
}

// sentParams are those of the request that was sent last.
type sentParams struct {
	mu     sync.Mutex
	params protocol.Params
}

func (s *sentParams) note(out *protocol.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.params = out.Params.Clone()
}

// wsgiVariables compares what the application finds with what was sent, whole.
func wsgiVariables(t *testing.T, s *peerSite, sent *sentParams) {
	var got [][2]string
	decode(t, s.do(t, call{method: "PUT", path: "/vars?q=%41&r", body: strings.NewReader("12345"), header: http.Header{
		"X-Empty": {""}, "X-Long": {strings.Repeat("v", 2000)}, "Content-Type": {"text/plain"}, "Accept": {"a", "b"}, "Cookie": {"a=1"},
		"X-Text": {"t\u00e9st"},
	}}).want(t, 200).body, &got)

	// SCGI is what its client adds. WSGI (PEP 3333) shows text as Latin-1.
	sent.mu.Lock()
	defer sent.mu.Unlock()
	want := [][2]string{}
	for _, v := range sent.params {
		want = append(want, [2]string{v.Name, latin1(v.Value)})
	}
	got = slices.DeleteFunc(got, func(v [2]string) bool { return v[0] == "SCGI" })
	byName := func(a, b [2]string) int { return strings.Compare(a[0], b[0]) }
	slices.SortFunc(got, byName)
	slices.SortFunc(want, byName)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// latin1 reads each byte as a character of its own.
func latin1(s string) string {
	runes := make([]rune, 0, len(s))
	for i := range len(s) {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}

// wsgiEnds has the application fail before its output and in it.
func wsgiEnds(t *testing.T, s *peerSite) {
	r := s.do(t, call{path: "/raise"})
	if r.status != 500 && r.status != 502 {
		t.Errorf("an exception before any output: want 500 or 502, got %d with %q", r.status, r.body)
	}
	s.notWhole(t, "/bytes?n=100000&length=200000&raise")
	s.get(t, "/a").wantBody(t, "GET /a\n")
}

// wsgiTooLarge sends more variables than uWSGI takes by default, 4096 bytes. It closes the
// connection then, without a word; over FastCGI after 4 s, its timeout.
func wsgiTooLarge(t *testing.T, s *peerSite) {
	s.do(t, call{path: "/a", header: http.Header{"X-Long": {strings.Repeat("v", 5000)}}}).want(t, 502)
	s.wantLog(t, "upstream: ")
	s.get(t, "/a").wantBody(t, "GET /a\n")
}
