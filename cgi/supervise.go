package cgi

import (
	"context"
	"syscall"
	"time"
)

// An exit is how a leader ended.
type exit struct {
	killed bool               // by a signal
	reaped bool               // it has been waited for, and status is known
	status syscall.WaitStatus // if reaped
}

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
		e.reaped = reap(p.pid, &e.status)
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

// linger waits while another process holds the standard output of the leader, which has ended.
// Until it returns the leader is not reaped (where the system allows), so that the number of its
// group cannot have become another's. What a leader that was killed has left behind ends at once.
func (p *process) linger(killed bool) {
	p.mu.Lock()
	p.natural = p.stopped.IsZero()
	if p.natural && killed {
		p.stopLocked()
	}
	wait := p.natural && !killed
	p.mu.Unlock()
	if !wait || !p.stdout.held() {
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
		if p.isOver || !p.stopped.IsZero() || !p.stdout.held() {
			return
		}
		p.cut = true
		p.stdout.SetReadDeadline(past)
		if !p.c.KeepBackground {
			p.stopLocked()
		}
	}
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
	byUs := !p.natural
	if byUs {
		p.c.counters.stopped.Add(1)
	}
	close(p.halted)
	terminateGroup(p.pid)
	p.kill = time.AfterFunc(p.c.killGrace(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.reaped {
			return
		}
		if byUs {
			p.c.counters.killed.Add(1)
		}
		killGroup(p.pid)
	})
}

// hunt waits until the group of the leader, which has been reaped, is empty, and kills what is left
// of it at the deadline. It looks so often that the group's number cannot have been given to
// another in between. Orphans that have become our own children (we may be the first process of a
// container) are reaped.
func (p *process) hunt(deadline time.Time) {
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
