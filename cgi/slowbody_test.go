package cgi

import (
	"io"
	"os"
	"runtime"
	"testing"
	"time"
)

// A stallingBody stalls in its middle until stalled has returned.
type stallingBody struct {
	left    int
	stalled func()
}

func (r *stallingBody) Read(p []byte) (int, error) {
	switch {
	case r.left == 0:
		return 0, io.EOF
	case r.stalled != nil && r.left == 1:
		r.stalled()
	}
	n := min(len(p), max(r.left-1, 1))
	r.left -= n
	return n, nil
}

// theProcess returns the one script that runs, once it has a supervisor.
func (b *bench) theProcess() *process {
	for ; ; runtime.Gosched() {
		b.c.mu.Lock()
		for p := range b.c.procs {
			if p.isSupervised() {
				b.c.mu.Unlock()
				return p
			}
		}
		b.c.mu.Unlock()
	}
}

func (p *process) hasReadDeadline() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.readDeadline.IsZero()
}

// A client that takes its time to send a body is not its script's fault: bug, an upload that took
// longer than FirstByteTimeout was a 504. After it the script has its time, and no more.
func TestSlowClientIsNotTheScriptsFault(t *testing.T) {
	const size = smallBody + 1
	b := newBench(t)
	b.c.FirstByteTimeout = time.Hour
	b.sh("cat >/dev/null; read go <$0.go; " + printed(`X: 1\n\nbody`))
	path := b.fifo("script.cgi.go")
	body := &stallingBody{left: size, stalled: func() {
		p := b.theProcess()
		if p.hasReadDeadline() {
			t.Error("the time of the script runs while its client stalls")
		}
		go func() {
			for !p.hasReadDeadline() {
				runtime.Gosched()
			}
			os.WriteFile(path, []byte("go\n"), 0)
		}()
	}}
	b.want(b.do(post("/", body, size)), "body")
	b.closed()
}
