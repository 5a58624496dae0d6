package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// A restartable backend is "postern serve --to demo:" as a process.
type restartable struct {
	bin, url string
	cmd      *exec.Cmd
}

// start starts the backend, and returns once it listens.
func (r *restartable) start(t *testing.T) {
	t.Helper()
	r.cmd = exec.Command(r.bin, "serve", "--listen", r.url, "--to", "demo:")
	r.cmd.Stderr = t.Output()
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the backend says nothing")
	}
}

// end ends the backend by a signal.
func (r *restartable) end(sig os.Signal) {
	r.cmd.Process.Signal(sig)
	r.cmd.Wait()
}

// A load is requests that go through a balancer, and what became of them.
type load struct {
	b        *upstream.Balancer
	body     string
	done     atomic.Int64
	lost     [3]atomic.Int64 // by loadMethods
	notSent  atomic.Int64    // of those that are lost
	progress chan struct{}   // gets something each time that thirty are done
}

var loadMethods = [...]string{"GET", "PUT", "POST"}

// one sends a request, and counts it as lost unless its answer is whole and right.
func (l *load) one(t *testing.T, i int) {
	method := i % len(loadMethods)
	r := &protocol.Request{Params: demoParams()}
	want := strings.Repeat("x", 3000)
	r.Params.Set("REQUEST_METHOD", loadMethods[method])
	r.Params.Set("REQUEST_URI", "/bytes?n=3000")
	r.Params.Set("QUERY_STRING", "n=3000")
	r.Params.Set("PATH_INFO", "/bytes")
	if method > 0 {
		want = fmt.Sprintf("%d %s", i, l.body)
		r.Params.Set("REQUEST_URI", "/echo")
		r.Params.Set("PATH_INFO", "/echo")
		r.Body, r.ContentLength = strings.NewReader(want), int64(len(want))
	}
	if err := l.send(t, r, want); err != nil {
		t.Logf("lost: %s: %v", loadMethods[method], err)
		l.lost[method].Add(1)
		if e, ok := errors.AsType[*protocol.Error](err); ok && e.NotSent {
			l.notSent.Add(1)
		}
	}
	if l.done.Add(1)%30 == 0 {
		l.progress <- struct{}{}
	}
}

func (l *load) send(t *testing.T, r *protocol.Request, want string) error {
	res, err := l.b.RoundTrip(t.Context(), r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.Status != 200 || r.Method() == "GET" && len(got) != len(want) || r.Method() != "GET" && string(got) != want:
		return fmt.Errorf("status %d, %d bytes of %d", res.Status, len(got), len(want))
	}
	return nil
}

// Backends are restarted under load, one after another, in an orderly way and by SIGKILL. No
// request is lost that may be sent twice, and none that had not reached a backend: a POST is lost
// whose backend has got it and says nothing.
func TestRestartUnderLoad(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "ps") // short: a Unix socket's path holds 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	bin := filepath.Join(dir, "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	b := &upstream.Balancer{Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
	t.Cleanup(b.Close)
	var backends []*restartable
	for _, url := range []string{"http+unix:" + dir + "/h", "fastcgi+unix:" + dir + "/f", "scgi+unix:" + dir + "/s"} {
		r := &restartable{bin: bin, url: url}
		r.start(t)
		t.Cleanup(func() { r.end(syscall.SIGTERM) })
		backends = append(backends, r)
		options := "?fail-timeout=50ms"
		if strings.HasSuffix(url, "/f") {
			options += "&keep=20"
		}
		be, err := endpoint.NewBackend(url+options, nil)
		if err == nil {
			err = b.Add(be)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) { restartAll(t, b, backends, sig) })
	}
}

// restartAll restarts each of the backends once while requests run.
func restartAll(t *testing.T, b *upstream.Balancer, backends []*restartable, sig os.Signal) {
	const workers = 8
	l := &load{b: b, body: strings.Repeat("body ", 100), progress: make(chan struct{}, 1000)}
	var ended atomic.Bool
	var all sync.WaitGroup
	var next atomic.Int64
	for range workers {
		all.Go(func() {
			for !ended.Load() {
				l.one(t, int(next.Add(1)))
			}
		})
	}
	for _, r := range backends {
		<-l.progress
		r.end(sig)
		<-l.progress
		r.start(t)
	}
	<-l.progress
	ended.Store(true)
	all.Wait()
	t.Logf("%d requests while %d backends were restarted: lost %d GET, %d PUT, %d POST", l.done.Load(), len(backends),
		l.lost[0].Load(), l.lost[1].Load(), l.lost[2].Load())
	if lost := l.lost[0].Load() + l.lost[1].Load(); lost != 0 {
		t.Errorf("%d requests are lost that may be sent twice", lost)
	}
	if n := l.notSent.Load(); n != 0 {
		t.Errorf("%d requests are lost that had not reached a backend", n)
	}
	for i := 0; ; i++ {
		if s := b.Stats(); allUp(s) {
			break
		} else if i == 10000 {
			t.Fatalf("not all are back: %+v", s)
		}
		l.one(t, i)
	}
}

func allUp(s upstream.Stats) bool {
	for _, be := range s.Backends {
		if be.State != upstream.Up {
			return false
		}
	}
	return true
}
