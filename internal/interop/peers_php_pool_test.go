package interop

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestPHPPool has php-fpm do what sites ask of its pool, behind one client.
func TestPHPPool(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := phpFPM(t, 0)
	s := f.site(t, "?keep=2")
	t.Run("status page", func(t *testing.T) {
		if body := string(s.get(t, "/status").body); !strings.Contains(body, "process manager:      static\n") || !strings.Contains(body, "\nactive processes: ") {
			t.Errorf("the status page: %q", body)
		}
	})
	t.Run("session", func(t *testing.T) { phpVisits(t, s) })
	t.Run("fastcgi_finish_request", func(t *testing.T) { phpFinishes(t, f, s) })
	t.Run("all children are busy", func(t *testing.T) { phpBusy(t, f, s) })
	t.Run("reload", func(t *testing.T) { phpReloads(t, f, s) })
}

// phpVisits visits three times with a browser's cookies, and once without.
func phpVisits(t *testing.T, s *peerSite) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	visitor := &http.Client{Jar: jar, Transport: s.client.Transport}
	again := &site{pair: s.pair, addr: s.addr, client: visitor}
	for i := range 3 {
		again.get(t, "/app.php?do=session").wantBody(t, fmt.Sprintf("visit %d\n", i+1))
	}
	s.get(t, "/app.php?do=session").wantBody(t, "visit 1\n")
}

// phpFinishes has a script end its response and go on with its work.
func phpFinishes(t *testing.T, f *fpm, s *peerSite) {
	until := filepath.Join(f.dir, "finish")
	s.get(t, "/app.php?do=finish&until="+until).wantBody(t, "answered\n")
	if _, err := os.Stat(until + ".seen"); err == nil {
		t.Error("the script has ended already")
	}
	touch(t, until)
	eventually(t, "the script's end", func() bool { return fileText(until+".seen") == "done" })
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// phpBusy occupies the four children. A request then waits in php-fpm's queue: for as long as its
// client is patient, and else it is told what happened.
func phpBusy(t *testing.T, f *fpm, s *peerSite) {
	hasty := f.site(t, "?first-byte-timeout=300ms")
	bounded := f.site(t, "?max-open=1&first-byte-timeout=300ms")
	until := filepath.Join(f.dir, "hold")
	var all sync.WaitGroup
	ask := func(path, want string) {
		all.Go(func() {
			if r, err := s.try(t.Context(), call{path: path}); err != nil || r.err != nil || string(r.body) != want {
				t.Errorf("%s: %+v, %v", path, r, err)
			}
		})
	}
	for range 4 {
		ask("/app.php?do=hold&until="+until, "held\n")
	}
	eventually(t, "children that are all busy", func() bool {
		r, err := hasty.try(t.Context(), call{path: "/app.php"})
		return err == nil && r.status == http.StatusGatewayTimeout
	})
	hasty.wantLog(t, "no response head within 300ms")
	for range 4 {
		ask("/app.php?do=status&code=200", "status 200\n") // these wait
	}
	var refused atomic.Int64
	var those sync.WaitGroup
	for range 2 { // one waits for php-fpm, the other for the one
		those.Go(func() {
			r, err := bounded.try(t.Context(), call{path: "/app.php"})
			if err == nil && r.status == http.StatusServiceUnavailable && r.header.Get("Retry-After") != "" {
				refused.Add(1)
			} else if err != nil || r.status != http.StatusGatewayTimeout {
				t.Errorf("while all are busy: %+v, %v", r, err)
			}
		})
	}
	those.Wait()
	if refused.Load() > 0 {
		bounded.wantLog(t, "all 1 connections were in use")
	}
	touch(t, until)
	all.Wait()
	if err := os.Remove(until); err != nil {
		t.Error(err)
	}
}

// phpReloads has php-fpm start its children anew, by SIGUSR2, while requests come. Each that is not
// answered was read: what nobody has read is not lost.
func phpReloads(t *testing.T, f *fpm, s *peerSite) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stop := make(chan struct{})
	var asked atomic.Int64
	var mu sync.Mutex
	lost := make(map[string]string)
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for j := 0; ; j++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("%d-%d", i, j)
				asked.Add(1)
				r, err := s.try(ctx, call{path: "/app.php?do=note&id=" + id})
				if err != nil || r.err != nil || r.status != 200 || string(r.body) != "read "+id+"\n" {
					mu.Lock()
					lost[id] = fmt.Sprintf("%+v, %v", r, err)
					mu.Unlock()
				}
			}
		})
	}
	for range 3 {
		before := asked.Load()
		eventually(t, "requests between two reloads", func() bool { return asked.Load() > before+100 })
		started := strings.Count(fileText(filepath.Join(f.dir, "fpm.log")), "ready to handle connections")
		if err := syscall.Kill(f.run.cmd.Process.Pid, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a php-fpm that has been reloaded", func() bool {
			return strings.Count(fileText(filepath.Join(f.dir, "fpm.log")), "ready to handle connections") > started
		})
	}
	close(stop)
	clients.Wait()
	read := make(map[string]bool)
	for _, id := range strings.Fields(fileText(filepath.Join(f.dir, "read"))) {
		read[id] = true
	}
	t.Logf("3 reloads, %d requests, %d lost", asked.Load(), len(lost))
	for id, how := range lost {
		if !read[id] {
			t.Errorf("request %s is lost, and nobody has read it: %s", id, how)
		}
	}
}
