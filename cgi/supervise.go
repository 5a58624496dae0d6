package cgi

import (
	"context"
	"syscall"
	"time"
)

// supervise starts the supervisor, unless there is one or the leader has been reaped.
func (p *process) supervise() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.superviseLocked()
}

func (p *process) superviseLocked() {
	if p.supervised || p.reaped {
		return
	}
	p.supervised = true
	p.outputEndedCh, p.stoppedCh = make(chan struct{}), make(chan struct{})
	p.reapedCh, p.responseDoneCh = make(chan struct{}), make(chan struct{})
	if p.responseDone {
		close(p.responseDoneCh)
	} else {
		p.stderr.follow()
	}
	p.unwatchContext = context.AfterFunc(p.ctx, func() { p.stop(aborted(p.path, context.Cause(p.ctx))) })
	if d := p.c.totalTimeout(); d > 0 {
		p.totalTimer = time.AfterFunc(time.Until(p.startedAt.Add(d)), func() { p.stop(timedOut(p.path, "in all", d)) })
	}
	p.c.running.Go(p.superviseLeader)
	p.renewReadDeadlineLocked()
}

// superviseLeader is the supervisor's goroutine. It returns when the leader has been reaped and, if
// the group was stopped, when the group is gone.
func (p *process) superviseLeader() {
	e := awaitExit(p.pid)
	p.linger(e.killed)
	p.mu.Lock()
	for !e.reaped {
		e.reaped = reap(p.pid, &e.status)
	}
	p.reaped, p.status = true, e.status
	close(p.reapedCh)
	stoppedAt := p.stoppedAt
	p.mu.Unlock()
	p.c.queue.release()
	if !stoppedAt.IsZero() {
		p.awaitGroupEnd(stoppedAt.Add(p.c.killGrace()))
	}
	p.unwatchContext()
	for _, t := range []*time.Timer{p.killTimer, p.totalTimer} {
		if t != nil {
			t.Stop()
		}
	}
	p.c.removeProcess(p)
}

// A leaderExit is how a leader ended.
type leaderExit struct {
	killed bool               // by a signal
	reaped bool               // it has been waited for, and status is known
	status syscall.WaitStatus // if reaped
}

// linger waits for the end of output after the leader's exit, if another process holds the pipe
// open: for LingerTime at most. If the leader was killed by a signal it stops the group instead.
//
// Where the system allows, the leader is not reaped before linger returns, so that the number of
// its group cannot be given to another one.
func (p *process) linger(killed bool) {
	p.mu.Lock()
	p.exitedByItself = p.stoppedAt.IsZero()
	if p.exitedByItself && killed {
		p.stopLocked()
	}
	wait := p.exitedByItself && !killed
	p.mu.Unlock()
	if !wait || !p.stdout.hasWriter() {
		return
	}
	timer := time.NewTimer(p.c.lingerTime())
	defer timer.Stop()
	select {
	case <-p.responseDoneCh:
	case <-p.outputEndedCh:
	case <-p.stoppedCh:
	case <-timer.C:
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.responseDone || !p.stoppedAt.IsZero() || !p.stdout.hasWriter() {
			return
		}
		p.draining = true
		p.stdout.SetReadDeadline(past)
		if !p.c.KeepBackground {
			p.stopLocked()
		}
	}
}

// stop ends the group, by SIGTERM and after KillGrace by SIGKILL. The cause is what reading the
// response reports from now on; nil leaves the response as it is.
func (p *process) stop(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil && !p.responseDone {
		p.cause = cause
	}
	p.superviseLocked()
	p.stdout.SetReadDeadline(past) // before the script can react
	p.stopLocked()
}

// stopLocked sends SIGTERM to the group, once, and starts the timer for SIGKILL.
func (p *process) stopLocked() {
	if p.reaped || !p.stoppedAt.IsZero() {
		return
	}
	p.stoppedAt = time.Now()
	leaderRuns := !p.exitedByItself
	if leaderRuns {
		p.c.counters.stopped.Add(1)
	}
	close(p.stoppedCh)
	terminateGroup(p.pid)
	p.killTimer = time.AfterFunc(p.c.killGrace(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.reaped {
			return
		}
		if leaderRuns {
			p.c.counters.killed.Add(1)
		}
		killGroup(p.pid)
	})
}

// awaitGroupEnd waits until the group of a leader that has been reaped is empty. From the deadline
// on it sends SIGKILL, and a second later it gives up.
//
// It looks so often that the number of the group cannot have been given to another one in between.
// Orphans that have become our own children, as they do if we are the first process of a container,
// are reaped.
func (p *process) awaitGroupEnd(deadline time.Time) {
	for pause := time.Millisecond; groupLives(p.pid, pause >= 8*time.Millisecond); pause = min(2*pause, 64*time.Millisecond) {
		reapOrphans(p.pid)
		switch now := time.Now(); {
		case now.After(deadline.Add(time.Second)):
			p.c.log().Error("cgi: processes of a group remain", "script", p.path, "group", p.pid)
			return
		case now.After(deadline):
			killGroup(p.pid)
		}
		time.Sleep(pause)
	}
}
