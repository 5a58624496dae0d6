package cgi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/internal/rawio"
	"github.com/postern-gateway/postern/protocol"
)

// outputEnded is called once, at the end of the output. It waits for the leader's exit, for
// LingerTime at most, ends the response, and returns io.EOF or what went wrong.
func (p *process) outputEnded() error {
	p.pollExit()
	if !p.tryReap() {
		p.supervise()
		close(p.outputEndedCh)
		timer := time.NewTimer(p.c.lingerTime())
		defer timer.Stop()
		select {
		case <-p.reapedCh:
		case <-p.stoppedCh:
			if p.hasExitedByItself() {
				<-p.reapedCh // which follows at once, and tells the exit status
			}
		case <-timer.C:
			if !p.c.KeepBackground {
				p.finish()
				p.stop(nil)
			}
		}
	}
	p.finish()
	return p.outcome()
}

// pollExit waits for the leader's exit a little, because a script closes its output some 10 us
// before it has ended. It asks again and again: a supervisor would cost more, and the shortest
// sleep lasts a hundred times as long on an idle machine.
func (p *process) pollExit() {
	for range 40 {
		if p.tryReap() || p.isSupervised() {
			return
		}
		rawio.Yield()
	}
}

// hasExitedByItself reports whether the leader has ended before it was stopped.
func (p *process) hasExitedByItself() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exitedByItself
}

func (p *process) isSupervised() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.supervised
}

// outcome returns how the run ended: io.EOF if the response is whole, else an error. An exit status
// other than 0 is logged only.
func (p *process) outcome() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cause != nil:
		return p.cause
	case !p.exitedByItself || p.status.Exited() && p.status.ExitStatus() == 0:
		return io.EOF
	case p.status.Signaled():
		return p.runError(errors.New("killed by signal " + signalName(p.status.Signal())))
	}
	p.c.lines.failed.Log(p.c.Log, ratelimit.Many, slog.LevelWarn, "cgi: script failed", slog.String("script", p.path), slog.Int("exit", p.status.ExitStatus()))
	return io.EOF
}

// runError adds the script to an error of its run.
func (p *process) runError(err error) error {
	return &protocol.Error{Protocol: name, Op: "run " + p.path, Kind: protocol.ErrUpstream, Err: err}
}

// finish ends the response: nothing more is read or written. It may be called again.
func (p *process) finish() {
	p.mu.Lock()
	if p.responseDone {
		p.mu.Unlock()
		return
	}
	p.responseDone = true
	if p.responseDoneCh != nil {
		close(p.responseDoneCh)
	}
	supervised := p.supervised
	p.mu.Unlock()
	p.superviseTimer.Stop()
	p.observe()
	if supervised {
		p.unwatchContext()
	}
	p.stderr.close()
	p.stdout.Close()
	if p.stdin != nil {
		p.stdin.Close()
	}
	if !supervised {
		p.c.queue.release()
		p.c.removeProcess(p)
	}
}

// abort stops the process and ends the response, with the cause.
func (p *process) abort(cause error) {
	p.stop(cause)
	p.finish()
}

// discardOutput ends a response of which no more is wanted. The script has LingerTime to end by
// itself; what it still writes is discarded.
func (p *process) discardOutput() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.responseDone {
		return
	}
	p.ctx = context.Background() // the request's may end now
	p.superviseLocked()
	if !p.supervised {
		return
	}
	p.unwatchContext()
	timer := time.AfterFunc(p.c.lingerTime(), func() { p.stop(errClosed) })
	p.c.running.Go(func() {
		defer timer.Stop()
		io.Copy(io.Discard, p)
		p.abort(errClosed)
	})
}

func signalName(s syscall.Signal) string {
	if name := signalNames[s]; name != "" {
		return name
	}
	if name := limitSignals[s]; name != "" {
		return name
	}
	return s.String()
}
