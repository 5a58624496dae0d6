package cgi

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// stressSh does one of several things, each with its process group's number written to a file
// first.
const stressSh = `#!/bin/sh
: >"$0.groups/$$"
case $QUERY_STRING in
hello)  printf 'X: 1\n\nhello' ;;
cat)    printf 'X: 1\n\n'; exec cat ;;
wait)   sleep 1000 & printf 'X: 1\n\n'; wait ;;
silent) sleep 1000 & wait ;;
hold)   sleep 1000 & printf 'X: 1\n\nhello' ;;
suicide) sleep 1000 & printf 'X: 1\n\nhello'; kill -9 $$ ;;
esac
`

// TestStress makes 10,000 requests, of which clients vanish and processes are killed at random, and
// then looks for what was left behind: zombies, descriptors, goroutines, process groups.
func TestStress(t *testing.T) {
	b := newBench(t)
	b.c.Path = b.write("s.cgi", stressSh)
	b.c.LingerTime, b.c.KillGrace, b.c.Processes, b.c.StderrRate = time.Millisecond, 100*time.Millisecond, 32, 1
	hello := newBench(t)
	hello.compiled(helloC, helloSh)
	if err := os.Mkdir(b.c.Path+".groups", 0o755); err != nil {
		t.Fatal(err)
	}
	devNull() // is opened once
	files, goroutines := openFiles(t), goleak.IgnoreCurrent()

	total := int64(10_000)
	if testing.Short() {
		total = 1000
	}
	var made, whole atomic.Int64
	var clients sync.WaitGroup
	for seed := range uint64(16) {
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for made.Add(1) <= total {
				s := b
				if rng.IntN(10) != 0 {
					s = hello // most are quick, as in life
				}
				if err := stressOne(s, rng); err == nil {
					whole.Add(1)
				}
			}
		})
	}
	clients.Wait()
	b.closed()
	hello.closed()
	t.Logf("%d of %d requests were answered whole", whole.Load(), total)

	var status syscall.WaitStatus
	if pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
	if err := goleak.Find(goroutines); err != nil {
		t.Error(err)
	}
	if n := openFiles(t); n > files {
		t.Errorf("%d descriptors, before %d", n, files)
	}
	b.wantNoGroups()
}

// stressOne makes one request and lets it go wrong in some way.
func stressOne(b *bench, rng *rand.Rand) error {
	what := []string{"hello", "cat", "wait", "silent", "hold", "suicide"}[rng.IntN(6)]
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	gone := errors.New("gone")
	var after time.Duration
	if rng.IntN(3) == 0 || b.c.LingerTime == time.Millisecond && (what == "wait" || what == "silent") {
		after = time.Duration(rng.IntN(20)) * time.Millisecond
		defer time.AfterFunc(after, func() { cancel(gone) }).Stop()
	}
	r := get("/?" + what)
	if size := rng.Int64N(200_000); rng.IntN(3) == 0 {
		r = post("/?"+what, strings.NewReader(strings.Repeat("x", int(size))), size)
	}
	resp, err := b.c.RoundTrip(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch rng.IntN(8) {
	case 0:
		return errors.New("closed early")
	case 1:
		b.killOne(rng)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// killOne kills some process of the client's.
func (b *bench) killOne(rng *rand.Rand) {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	for p := range b.c.procs {
		if rng.IntN(4) == 0 {
			p.mu.Lock()
			if !p.reaped {
				syscall.Kill(p.pid, syscall.SIGKILL)
			}
			p.mu.Unlock()
			return
		}
	}
}

// wantNoGroups fails the test if a process of a group that was noted still runs.
func (b *bench) wantNoGroups() {
	b.Helper()
	names, err := os.ReadDir(b.c.Path + ".groups")
	if err != nil || len(names) == 0 {
		b.Fatal(len(names), err)
	}
	noted := make(map[int]bool)
	for _, entry := range names {
		group, err := strconv.Atoi(entry.Name())
		if err != nil {
			b.Fatal(err)
		}
		noted[group] = true
	}
	for group := range noted {
		if syscall.Kill(-group, 0) != syscall.ESRCH && groupLives(group, true) {
			b.Errorf("the group %d is still there", group)
			syscall.Kill(-group, syscall.SIGKILL)
		}
	}
}
