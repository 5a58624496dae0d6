package cgi

import (
	"context"
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
	"github.com/postern-gateway/postern/protocol"
)

// conclude is called once, at the end of the output. It waits for the leader's, and returns io.EOF
// or what went wrong.
func (p *process) conclude() error {
	p.awaitEnd()
	if !p.tryReap() {
		p.mind()
		close(p.drained)
		timer := time.NewTimer(p.c.lingerTime())
		defer timer.Stop()
		select {
		case <-p.gone:
		case <-p.halted:
			if p.exitedByItself() {
				<-p.gone // how it ended is known a moment later
			}
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

// awaitEnd waits for the leader's end a little, without a minder, which would cost more: standard
// output is closed a moment before the process has ended. It is a moment of some 10 us, and the
// least sleep would be a hundred times that on an idle machine.
func (p *process) awaitEnd() {
	for range 40 {
		if p.tryReap() || p.hasMinder() {
			return
		}
		rawio.Yield()
	}
}

// exitedByItself reports whether the leader has ended and nobody had told it to.
func (p *process) exitedByItself() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.natural
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

func (p *process) failed(err error) error {
	return &protocol.Error{Protocol: name, Op: "run " + p.path, Kind: protocol.ErrUpstream, Err: err}
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

// signalNames are the signals that scripts die of.
var signalNames = map[syscall.Signal]string{
	syscall.SIGABRT: "SIGABRT", syscall.SIGALRM: "SIGALRM", syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE", syscall.SIGHUP: "SIGHUP",
	syscall.SIGILL: "SIGILL", syscall.SIGINT: "SIGINT", syscall.SIGKILL: "SIGKILL", syscall.SIGPIPE: "SIGPIPE", syscall.SIGQUIT: "SIGQUIT",
	syscall.SIGSEGV: "SIGSEGV", syscall.SIGTERM: "SIGTERM", syscall.SIGTRAP: "SIGTRAP",
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
