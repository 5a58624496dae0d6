package cgi

import (
	"context"
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

// forkExec is syscall.ForkExec, but for tests that make it fail.
type forkExec func(argv0 string, argv []string, attr *syscall.ProcAttr) (pid int, err error)

// spawned is a started process and our ends of its pipes; -1 is none.
type spawned struct {
	pid                   int
	stdin, stdout, stderr int
}

// start starts s with the input in.
func (c *Client) start(ctx context.Context, r *protocol.Request, s *script, in *input) (*process, error) {
	env, err := c.environment(r, s, in.length)
	if err != nil {
		return nil, err
	}
	var words []string
	if c.CommandLine {
		words = searchWords(r.Params.Get("REQUEST_METHOD"), r.Params.Get("QUERY_STRING"))
	}
	cmd := c.command(s, env, words)
	if err := c.setAttributes(cmd); err != nil {
		return nil, err
	}
	began := time.Now()
	sp, err := spawn(cmd, in.length > 0, c.forkExec())
	if err != nil {
		return nil, startFailed(cmd, err)
	}
	p := &process{c: c, ctx: ctx, pid: sp.pid, path: s.file, began: began, room: pipeSize,
		sent:  int64(size(env)) + max(in.length, 0),
		lines: &stderrLog{c: c, fd: sp.stderr, script: s.file, r: r},
	}
	p.stdout.open(sp.stdout)
	p.soon = time.AfterFunc(quick, p.mind)
	c.started(p)
	in.feed(p, sp.stdin)
	return p, nil
}

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
