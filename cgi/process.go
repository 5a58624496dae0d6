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

// A process is one run of a script: the leader of a process group, our ends of its pipes, and how
// both come to an end. It goes through these states:
//
//	state         leader         standard output         ends with
//	running       runs           open                    the leader's exit, the end of output, or stop
//	output ended  runs           at its end              the leader's exit; after LingerTime: stop
//	exited        has ended      held by others          the end of output; after LingerTime: stop,
//	              by itself                              unless KeepBackground is set
//	stopped       got SIGTERM    no longer read; after   the leader's exit; after KillGrace: SIGKILL
//	                             "exited": what is left
//	done          was reaped     closed                  -
//
// A script that ends within quickTime is read and reaped by the goroutine of its request alone. One
// that takes longer gets a supervisor: a goroutine that waits for the leader's exit and reaps it,
// and timers for the limits. See supervise.go for the leader, output.go for the output, finish.go
// for the end of the response.
type process struct {
	c         *Client
	ctx       context.Context
	pid       int // of the leader, and the number of its group
	path      string
	startedAt time.Time
	sent      int64 // bytes of the environment and the body
	stdout    stdout
	stdin     *os.File // nil: no goroutine copies a body
	stderr    *stderrLog

	// Used by the goroutine that reads the output alone.
	readErr   error // how the output ended
	drainLeft int   // bytes that may still be read when draining; 0: not begun

	received atomic.Int64 // bytes of standard output

	mu             sync.Mutex    // guards all that follows
	superviseTimer *time.Timer   // starts the supervisor after quickTime
	supervised     bool          // there is a supervisor, and only it reaps
	readDeadline   time.Time     // of stdout, once supervised
	bodySince      time.Time     // since when more of the body is awaited; zero: it is not
	bodyTime       time.Duration // for which it was
	gotOutput      bool          // a byte has come
	gotHead        bool          // the response's head has
	draining       bool          // no more is read than is in the pipe
	responseDone   bool          // nothing more is read
	cause          error         // why the response ended early; the first one stays
	exitedByItself bool          // the leader ended before it was stopped
	reaped         bool
	status         syscall.WaitStatus // once reaped
	stoppedAt      time.Time          // when the group was sent SIGTERM; zero: it was not
	killTimer      *time.Timer        // sends SIGKILL, KillGrace after SIGTERM
	totalTimer     *time.Timer        // of TotalTimeout; nil: no limit
	unwatchContext func() bool

	// Each is closed when its event happens. They are nil before there is a supervisor.
	outputEndedCh, stoppedCh, reapedCh, responseDoneCh chan struct{}
}

// quickTime is how long a script may take before it gets a supervisor.
const quickTime = 10 * time.Millisecond

// past is a read deadline that has passed.
var past = time.Unix(1, 0)

// forkExec is syscall.ForkExec, except in tests that make it fail.
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
	everyProcess.starting.RLock()
	defer everyProcess.starting.RUnlock()
	startedAt := time.Now()
	sp, err := spawn(cmd, in.length > 0, c.forkExec())
	if err != nil {
		return nil, startFailed(cmd, err)
	}
	p := &process{c: c, ctx: ctx, pid: sp.pid, path: s.file, startedAt: startedAt,
		sent:   int64(size(env)) + max(in.length, 0),
		stderr: &stderrLog{c: c, fd: sp.stderr, script: s.file, r: r, keepRaw: protocol.ContextStderr(ctx) != nil},
	}
	p.stdout.open(sp.stdout)
	p.superviseTimer = time.AfterFunc(quickTime, p.supervise)
	c.addProcess(p)
	in.sendTo(p, sp.stdin)
	return p, nil
}

// tryReap reaps the leader if it has ended and there is no supervisor.
func (p *process) tryReap() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.supervised || p.reaped {
		return p.reaped
	}
	pid, err := rawio.Reap(p.pid, &p.status)
	p.reaped = pid == p.pid || err != nil && err != syscall.EINTR
	p.exitedByItself = p.reaped
	if p.reaped && p.status.Signaled() && terminateGroup(p.pid) == nil {
		p.c.running.Go(func() { p.awaitGroupEnd(time.Now().Add(p.c.killGrace())) })
	}
	return p.reaped
}
