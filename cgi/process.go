package cgi

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A process is one run of a script: the leader of a process group, its pipes, and what becomes of them.
//
// A script that ends within the quick time is read and reaped by the goroutine of its request alone. One that takes longer
// gets a minder: a goroutine that waits for the leader's end, and the watches for the context and the time limit. The
// response ends when two things have happened: the leader has ended, and its standard output is at its end. Once
// one of them has, the other is waited for no longer than the linger time.
type process struct {
	c      *Client
	ctx    context.Context
	pid    int
	path   string
	began  time.Time
	stdout *os.File
	stdin  *os.File // nil without a body that is pumped
	lines  *lines

	// Of the goroutine that reads.
	last error // how the output ended
	left int   // bytes that may still be read after the cut; 0: not begun
	room int   // what the pipe holds at most

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

// mind starts the minder, unless there is one or no need of one.
func (p *process) mind() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mindLocked()
}

func (p *process) mindLocked() {
	if p.minded || p.reaped {
		return
	}
	p.minded = true
	p.over, p.drained, p.halted, p.gone = make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	if p.isOver {
		close(p.over)
	} else {
		p.lines.follow()
	}
	p.forget = context.AfterFunc(p.ctx, func() { p.end(aborted(p.path, context.Cause(p.ctx))) })
	if d := p.c.totalTimeout(); d > 0 {
		p.total = time.AfterFunc(time.Until(p.began.Add(d)), func() { p.end(timedOut(p.path, "in all", d)) })
	}
	p.c.running.Go(p.watch)
	p.extendLocked()
}

// watch is the minder.
func (p *process) watch() {
	e := awaitExit(p.pid)
	p.linger(e.killed)
	p.mu.Lock()
	for !e.reaped {
		_, err := syscall.Wait4(p.pid, &e.status, 0, nil)
		e.reaped = err != syscall.EINTR
	}
	p.reaped, p.status = true, e.status
	close(p.gone)
	stopped := p.stopped
	p.mu.Unlock()
	p.c.queue.give()
	if !stopped.IsZero() {
		p.hunt(stopped.Add(p.c.killGrace()))
	}
	p.forget()
	for _, t := range []*time.Timer{p.kill, p.total} {
		if t != nil {
			t.Stop()
		}
	}
	p.c.finished(p)
}

// linger waits while another process holds the standard output of the leader, which has ended. Until it returns the leader is not
// reaped (where the system allows), so that the number of its group cannot have become another's. What a leader that was
// killed has left behind ends at once.
func (p *process) linger(killed bool) {
	p.mu.Lock()
	p.natural = p.stopped.IsZero()
	if p.natural && killed {
		p.stopLocked()
	}
	wait := p.natural && !killed
	p.mu.Unlock()
	if !wait || !p.held() {
		return
	}
	timer := time.NewTimer(p.c.lingerTime())
	defer timer.Stop()
	select {
	case <-p.over:
	case <-p.drained:
	case <-p.halted:
	case <-timer.C:
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.isOver || !p.stopped.IsZero() || !p.held() {
			return
		}
		p.cut = true
		p.stdout.SetReadDeadline(past)
		if !p.c.KeepBackground {
			p.stopLocked()
		}
	}
}

// held reports whether some process has the standard output open.
func (p *process) held() (yes bool) {
	conn, err := p.stdout.SyscallConn()
	if err != nil {
		return false
	}
	err = conn.Control(func(fd uintptr) { yes = hasWriter(fd) })
	return yes && err == nil
}

// end ends the process for a cause that its response is to tell, or for none.
func (p *process) end(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil && !p.isOver {
		p.cause = cause
	}
	p.mindLocked()
	p.stdout.SetReadDeadline(past) // before the script can react
	p.stopLocked()
}

// stopLocked sends SIGTERM to the group, and SIGKILL a grace later.
func (p *process) stopLocked() {
	if p.reaped || !p.stopped.IsZero() {
		return
	}
	p.stopped = time.Now()
	close(p.halted)
	syscall.Kill(-p.pid, syscall.SIGTERM)
	p.kill = time.AfterFunc(p.c.killGrace(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.reaped {
			syscall.Kill(-p.pid, syscall.SIGKILL)
		}
	})
}

// hunt waits until the group of the leader, which has been reaped, is empty, and kills what is left of it at the deadline. It
// looks so often that the group's number cannot have been given to another in between. Orphans that have become
// our own children (we may be the first process of a container) are reaped.
func (p *process) hunt(deadline time.Time) {
	for pause := time.Millisecond; groupLives(p.pid, pause >= 8*time.Millisecond); pause = min(2*pause, 64*time.Millisecond) {
		syscall.Wait4(-p.pid, nil, syscall.WNOHANG, nil)
		switch now := time.Now(); {
		case now.After(deadline.Add(time.Second)):
			p.c.log().Error("cgi: processes of a group remain", "script", p.path, "group", p.pid)
			return
		case now.After(deadline):
			syscall.Kill(-p.pid, syscall.SIGKILL)
		}
		time.Sleep(pause)
	}
}

// tryReap reaps the leader if it has ended and nobody else minds it.
func (p *process) tryReap() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.minded || p.reaped {
		return p.reaped
	}
	pid, err := syscall.Wait4(p.pid, &p.status, syscall.WNOHANG, nil)
	p.reaped = pid == p.pid || err != nil && err != syscall.EINTR
	p.natural = p.reaped
	if p.reaped && p.status.Signaled() && syscall.Kill(-p.pid, syscall.SIGTERM) == nil {
		p.c.running.Go(func() { p.hunt(time.Now().Add(p.c.killGrace())) })
	}
	return p.reaped
}

// Read reads the standard output. io.EOF means that the script has ended as it should; see conclude.
func (p *process) Read(buf []byte) (int, error) {
	for p.last == nil {
		p.arm()
		n, err := p.stdout.Read(buf)
		switch {
		case n > 0 && p.noteSeen():
			return n, nil
		case n > 0:
			n, p.last = p.late(buf)
		case err == io.EOF:
			p.last = p.conclude()
		case !errors.Is(err, os.ErrDeadlineExceeded):
			p.last = p.failed(err)
		default:
			if n, p.last = p.late(buf); n > 0 {
				return n, nil
			}
		}
	}
	return 0, p.last
}

// arm moves the read deadline for a read that begins, once there is a minder.
func (p *process) arm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.minded {
		p.extendLocked()
	}
}

// extendLocked moves the read deadline, but no more often than makes a difference.
func (p *process) extendLocked() {
	if p.cause != nil || p.cut || p.isOver {
		return
	}
	timeout := p.c.readTimeout(p.seen)
	if timeout <= 0 {
		if !p.due.IsZero() {
			p.due = time.Time{}
			p.stdout.SetReadDeadline(p.due)
		}
		return
	}
	if now := time.Now(); p.due.Sub(now) < timeout-timeout/16 {
		p.due = now.Add(timeout)
		p.stdout.SetReadDeadline(p.due)
	}
}

// noteSeen reports whether a byte that has come still counts.
func (p *process) noteSeen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = true
	return p.cause == nil
}

// late says what a read deadline that has passed was for. Without bytes and without an error the read goes on.
func (p *process) late(buf []byte) (int, error) {
	p.mu.Lock()
	cause, cut, over, due, seen := p.cause, p.cut, p.isOver, p.due, p.seen
	p.mu.Unlock()
	switch {
	case over && cause == nil:
		return 0, os.ErrClosed
	case cause != nil:
		p.finish()
		return 0, cause
	case cut:
		return p.readCut(buf)
	case due.IsZero() || time.Now().Before(due): // the deadline was moved meanwhile
		return 0, nil
	}
	what := "for the first byte"
	if seen {
		what = "between two bytes"
	}
	p.end(timedOut(p.path, what, p.c.readTimeout(seen)))
	return 0, nil
}

// readCut reads what the leader has left in the pipe, no more than can have been there.
func (p *process) readCut(buf []byte) (int, error) {
	if p.left == 0 {
		p.left = p.room
	}
	n := readNow(p.stdout, buf[:min(len(buf), p.left)])
	if p.left -= n; n == 0 || p.left == 0 {
		return n, p.conclude()
	}
	return n, nil
}

// readNow reads what is there, without waiting and whatever f's deadline is.
func readNow(f *os.File, buf []byte) (n int) {
	f.SetReadDeadline(time.Time{})
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	conn.Read(func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), buf)
		return true
	})
	return max(n, 0)
}

// conclude is called once, at the end of the output. It waits for the leader's, and returns io.EOF or what went wrong.
func (p *process) conclude() error {
	// Standard output is closed a moment before the process has ended: a short sleep costs less than a minder.
	for pause := 50 * time.Microsecond; !p.tryReap() && !p.hasMinder() && pause < time.Millisecond; pause *= 2 {
		time.Sleep(pause)
	}
	if !p.tryReap() {
		p.mind()
		close(p.drained)
		timer := time.NewTimer(p.c.lingerTime())
		defer timer.Stop()
		select {
		case <-p.gone:
		case <-p.halted:
		case <-timer.C:
			if !p.c.KeepBackground {
				p.finish()
				p.end(nil)
			}
		}
	}
	p.finish()
	return p.verdict()
}

func (p *process) hasMinder() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.minded
}

// verdict says how the leader has ended: as io.EOF or as an error.
func (p *process) verdict() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cause != nil:
		return p.cause
	case !p.natural || p.status.Exited() && p.status.ExitStatus() == 0:
		return io.EOF
	case p.status.Signaled():
		return p.failed(errors.New("killed by signal " + signalName(p.status.Signal())))
	}
	p.c.log().Warn("cgi: script failed", "script", p.path, "exit", p.status.ExitStatus())
	return io.EOF
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

// settleLater ends a response of which no more is wanted, and gives the script the linger time to come to its own end.
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
