//go:build !mips && !mipsle && !mips64 && !mips64le

package cgi

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const rlimitNPROC = 6 // RLIMIT_NPROC of getrlimit(2); MIPS has another number

// A user who may have no more processes is answered 503, which holds nothing open, and is served
// again once there is room.
func TestForkBeyondTheUsersProcesses(t *testing.T) {
	if os.Getenv("CGI_TEST_NPROC") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestForkBeyondTheUsersProcesses$", "-test.v", "-test.timeout=1m")
		// the user's own may be closed to nobody
		cmd.Env = append(os.Environ(), "CGI_TEST_NPROC=1", "TMPDIR=")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "refused by the system") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	if os.Getuid() == 0 { // root has no such limit
		if err := syscall.Setuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	haveThreads(64)
	b := newBench(t)
	b.sh(catSh)
	b.want(b.do(post("/", strings.NewReader("before"), 6)), "before")
	before := openFiles(t)
	restore := limitProcesses(t)
	for range 10 {
		for _, r := range []struct {
			body   string
			length int64
		}{{"", 0}, {"body", 4}, {"of unknown length", -1}} {
			res := b.do(post("/", onlyReader{strings.NewReader(r.body)}, r.length))
			b.wantFailure(res, http.StatusServiceUnavailable, "cgi: start "+b.c.Path+": upstream: resource temporarily unavailable")
			if !errors.Is(res.Err, syscall.EAGAIN) {
				t.Errorf("%v is not EAGAIN", res.Err)
			}
		}
	}
	restore()
	b.want(b.do(post("/", strings.NewReader("after"), 5)), "after")
	b.closed()
	if after := openFiles(t); after > before+1 { // /dev/null stays open
		t.Errorf("%d descriptors, before %d", after, before)
	}
	t.Log("refused by the system")
}

// limitProcesses lets this user start no more processes, or threads, until restore is called.
func limitProcesses(t *testing.T) (restore func()) {
	t.Helper()
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(rlimitNPROC, &limit); err != nil {
			t.Fatal(err)
		}
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(rlimitNPROC, &was); err != nil {
		t.Fatal(err)
	}
	set(syscall.Rlimit{Cur: 1, Max: was.Max})
	return func() { set(was) }
}

// haveThreads makes the runtime start n threads, which it keeps: it could not start one under the
// limit, and would give up.
func haveThreads(n int) {
	var locked, done sync.WaitGroup
	locked.Add(n)
	for range n {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			locked.Done()
			locked.Wait()
		})
	}
	done.Wait()
}
