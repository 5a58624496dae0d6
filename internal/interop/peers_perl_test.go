package interop

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPerl has a program with Perl's FCGI behind our FastCGI client.
func TestPerl(t *testing.T) {
	needPeers(t)
	t.Parallel()
	program, err := filepath.Abs("testdata/peers/fcgi.pl")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, options string }{{"a connection each", ""}, {"kept", "?keep=1"}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			socket := filepath.Join(dir, "s")
			p, err := startProcess(filepath.Join(dir, "log"), nil, "perl", program, socket)
			if err != nil {
				t.Fatal(err)
			}
			p.stopAtEnd(t)
			waitSocket(t, p, socket)
			perlAnswers(t, behindPostern(t, "fastcgi+unix:"+socket+tt.options, nil), p)
		})
	}
}

func perlAnswers(t *testing.T, s *peerSite, p *process) {
	r := s.get(t, "/a").wantBody(t, "GET /a RESPONDER\n")
	if diff := cmp.Diff([]string{"a=1", "b=2"}, r.header["Set-Cookie"]); diff != "" {
		t.Error(diff)
	}
	s.do(t, call{method: "HEAD", path: "/a"}).want(t, 200).wantBody(t, "")
	s.do(t, call{path: "/status"}).want(t, 404).wantBody(t, "nothing\n")
	s.get(t, "/stderr?id").wantBody(t, "told\n")
	s.wantLog(t, `line="trouble with id"`)
	for _, n := range []int64{0, 1, 65535, 1_000_000} {
		body, sum := pattern(t, n), uint32(0)
		for _, b := range body {
			sum += uint32(b)
		}
		want := fmt.Sprintf("%d %d\n", n, sum)
		s.do(t, call{method: "POST", path: "/sum", body: bytes.NewReader(body)}).want(t, 200).wantBody(t, want)
		s.do(t, call{method: "POST", path: "/sum", body: chunked(body)}).want(t, 200).wantBody(t, want)
		s.do(t, call{method: "POST", path: "/a", body: bytes.NewReader(body)}).want(t, 200)
	}
	s.wantXs(t, "/bytes?5000000", 5_000_000)
	var all sync.WaitGroup
	for i := range 8 { // one process, which serves one at a time
		all.Go(func() {
			for j := range 20 {
				path := fmt.Sprintf("/many/%d/%d", i, j)
				r, err := s.try(t.Context(), call{path: path})
				if err != nil || r.err != nil || string(r.body) != "GET "+path+" RESPONDER\n" {
					t.Errorf("%s: %+v, %v", path, r, err)
				}
			}
		})
	}
	all.Wait()
	s.notWhole(t, "/die")
	<-p.done
	s.do(t, call{path: "/a"}).want(t, 502)
}
