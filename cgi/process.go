package cgi

import (
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
	"github.com/postern-gateway/postern/protocol"
)

// A process is one run of a script: the leader of a process group, its pipes, and what becomes of
// them.
//
// A script that ends within the quick time is read and reaped by the goroutine of its request
// alone. One that takes longer gets a minder: a goroutine that waits for the leader's end, and the
// watches for the context and the time limit. The response ends when two things have happened: the
// leader has ended, and its standard output is at its end. Once one of them has, the other is
// waited for no longer than the linger time.
type process struct {
	c      *Client
	ctx    context.Context
	pid    int
	path   string
	began  time.Time
	sent   int64 // of the environment and the body
	stdout stdout
	stdin  *os.File // nil without a body that is pumped
	lines  *stderrLog

	// Of the goroutine that reads.
	last error // how the output ended
	left int   // bytes that may still be read after the cut; 0: not begun
	room int   // what the pipe holds at most

	received atomic.Int64 // bytes of standard output

	mu      sync.Mutex
	soon    *time.Timer // starts the minder
	due     time.Time   // the read deadline, once there is a minder
	seen    bool        // a byte has come
	minded  bool
	reaped  bool
	natural bool               // the leader ended before it was told to
	status  syscall.WaitStatus // once reaped
	stopped time.Time          // when the group was sent SIGTERM; zero: it was not
	cause   error              // why the response is over before its end; it stays
	isOver  bool               // nothing more is read
	cut     bool               // no more is read than is in the pipe
	kill    *time.Timer        // SIGKILL, a grace after SIGTERM
	total   *time.Timer
	forget  func() bool   // ends the watch for the context
	over    chan struct{} // closed when nothing more is read; nil before there is a minder
	drained chan struct{} // closed when the output is at its end; as over
	halted  chan struct{} // closed when the group was sent SIGTERM, or cause was set; as over
	gone    chan struct{} // closed when the leader was reaped; as over
}

// quick is how long a script may take before it gets a minder.
const quick = 10 * time.Millisecond

var past = time.Unix(1, 0)

// tryReap reaps the leader if it has ended and nobody else minds it.
func (p *process) tryReap() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.minded || p.reaped {
		return p.reaped
	}
	pid, err := rawio.Reap(p.pid, &p.status)
	p.reaped = pid == p.pid || err != nil && err != syscall.EINTR
	p.natural = p.reaped
	if p.reaped && p.status.Signaled() && terminateGroup(p.pid) == nil {
		p.c.running.Go(func() { p.hunt(time.Now().Add(p.c.killGrace())) })
	}
	return p.reaped
}

// finish ends the response: nothing more is read or written. It may be called again.
func (p *process) finish() {
	p.mu.Lock()
	if p.isOver {
		p.mu.Unlock()
		return
	}
	p.isOver = true
	if p.over != nil {
		close(p.over)
	}
	minded := p.minded
	p.mu.Unlock()
	p.soon.Stop()
	p.observe()
	if minded {
		p.forget()
	}
	p.lines.end()
	p.stdout.Close()
	if p.stdin != nil {
		p.stdin.Close()
	}
	if !minded {
		p.c.queue.give()
		p.c.finished(p)
	}
}

// abandon ends process and response for a cause.
func (p *process) abandon(cause error) {
	p.end(cause)
	p.finish()
}

// settleLater ends a response of which no more is wanted, and gives the script the linger time to
// come to its own end.
func (p *process) settleLater() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isOver {
		return
	}
	p.ctx = context.Background() // the request's may end now
	p.mindLocked()
	if !p.minded {
		return
	}
	p.forget()
	timer := time.AfterFunc(p.c.lingerTime(), func() { p.end(errClosed) })
	p.c.running.Go(func() {
		defer timer.Stop()
		io.Copy(io.Discard, p)
		p.abandon(errClosed)
	})
}

func (p *process) failed(err error) error {
	return &protocol.Error{Protocol: name, Op: "run " + p.path, Kind: protocol.ErrUpstream, Err: err}
}
