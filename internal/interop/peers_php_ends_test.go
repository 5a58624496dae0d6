package interop

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestPHPEnds has php-fpm end in all the ways that are no success: none may look like one.
func TestPHPEnds(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := phpFPM(t, 0)
	for _, tt := range []struct{ name, options string }{{"a connection each", ""}, {"kept", "?keep=2"}} {
		t.Run(tt.name, func(t *testing.T) {
			s := f.site(t, tt.options)
			for _, tt := range phpEnds {
				t.Run(tt.name, func(t *testing.T) {
					tt.run(t, f, s)
					s.get(t, "/app.php").wantBody(t, "GET /app.php  127.0.0.1\n")
				})
			}
		})
	}
}

var phpEnds = []struct {
	name string
	run  func(t *testing.T, f *fpm, s *peerSite)
}{
	{"an error before any output", func(t *testing.T, f *fpm, s *peerSite) {
		s.do(t, call{path: "/app.php?do=fatal"}).want(t, 500)
		s.wantLog(t, "undefined function no_such_function()")
	}},
	// php-fpm ends a response that a script did not come to the end of as it ends any other: only a
	// length can tell.
	{"an error in the middle", func(t *testing.T, f *fpm, s *peerSite) {
		s.get(t, "/app.php?do=die").wantBody(t, strings.Repeat("x", 100_000))
		s.notWhole(t, "/app.php?do=die&length=100001")
	}},
	{"exit in the middle", func(t *testing.T, f *fpm, s *peerSite) {
		s.get(t, "/app.php?do=die&exit").wantBody(t, strings.Repeat("x", 100_000))
		s.notWhole(t, "/app.php?do=die&exit&length=200000")
		s.wantLog(t, "200000")
	}},
	{"a child killed before its output", func(t *testing.T, f *fpm, s *peerSite) {
		pid := filepath.Join(f.dir, "before")
		r := <-s.killed(t, pid, "/app.php?do=wait&pid="+pid)
		if r.err != nil || r.status != 502 {
			t.Errorf("want 502, got %+v", r)
		}
	}},
	{"a child killed in its output", func(t *testing.T, f *fpm, s *peerSite) {
		pid := filepath.Join(f.dir, "after")
		r := <-s.killed(t, pid, "/app.php?do=wait&first&pid="+pid)
		r.notWhole(t)
	}},
}

// killed asks for a path whose child notes its pid in a file, kills that child, and returns what
// comes.
func (s *peerSite) killed(t *testing.T, file, path string) <-chan *reply {
	t.Helper()
	os.Remove(file)
	replies := make(chan *reply, 1)
	go func() {
		// A GET is asked again where its kept connection ends without an answer, and the second
		// child would have to be killed too.
		r, err := s.try(t.Context(), call{method: "PATCH", path: path})
		if err != nil {
			r = &reply{err: err}
		}
		replies <- r
	}()
	var pid int
	eventually(t, "a child that works", func() bool {
		b, err := os.ReadFile(file)
		if err == nil {
			pid, err = strconv.Atoi(string(b))
		}
		return err == nil
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	return replies
}

// TestPHPStale holds kept connections against children that end after three requests, and against a
// php-fpm that is started anew: a request meets a connection that has just been closed, and must be
// answered all the same.
func TestPHPStale(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := phpFPM(t, 3)
	s := f.site(t, "?keep=2&resend")
	ask := func(n int) {
		body := pattern(t, int64(n))
		r, err := s.try(t.Context(), call{path: "/app.php?do=sum", body: bytes.NewReader(body)})
		want := fmt.Sprintf("%d of %[1]d %x\n", n, sha1.Sum(body))
		if err != nil || r.err != nil || r.status != 200 || string(r.body) != want {
			t.Errorf("want %q, got %+v, %v", want, r, err)
		}
		if r, err := s.try(t.Context(), call{path: "/app.php"}); err != nil || r.err != nil || r.status != 200 {
			t.Errorf("a GET: %+v, %v", r, err)
		}
	}
	t.Run("children end after three requests", func(t *testing.T) {
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				for j := range 20 {
					ask(1 + i*5_000 + j)
				}
			})
		}
		all.Wait()
	})
	t.Run("php-fpm is started anew", func(t *testing.T) {
		for range 3 {
			ask(10)
			if err := f.run.stop(); err != nil {
				t.Fatal(err)
			}
			if r, err := s.try(t.Context(), call{path: "/app.php"}); err != nil || r.status != 502 {
				t.Errorf("without php-fpm: want 502, got %+v, %v", r, err)
			}
			f.start(t)
		}
		ask(20_000)
	})
}

// TestPHPAllKept keeps as many connections as there are children: each occupies one, and nobody
// would be there for other requests.
func TestPHPAllKept(t *testing.T) {
	needPeers(t)
	t.Parallel()
	phpAtOnce(t, phpFPM(t, 0).site(t, "?keep=4"))
}
