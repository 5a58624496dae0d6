package cgi

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/rawio"
)

// Read reads the standard output. io.EOF means that the script has ended as it should; see
// conclude.
func (p *process) Read(buf []byte) (int, error) {
	for p.last == nil {
		p.arm()
		n, err := p.stdout.read(buf)
		p.received.Add(int64(n))
		switch {
		case n > 0 && p.noteSeen():
			return n, nil
		case n > 0: // it came after the cause of an end, which late tells
			_, p.last = p.late(buf)
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

// extendLocked moves the read deadline: later with each byte, and earlier after the first one where
// that may take its time.
func (p *process) extendLocked() {
	if p.cause != nil || p.cut || p.isOver {
		return
	}
	netio.Renew(&p.due, p.c.readTimeout(p.seen), p.stdout.SetReadDeadline)
}

// noteSeen reports whether a byte that has come still counts.
func (p *process) noteSeen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = true
	return p.cause == nil
}

// late says what a read deadline that has passed was for. Without bytes and without an error the
// read goes on.
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
	n := readNow(p.stdout.File, buf[:min(len(buf), p.left)])
	p.received.Add(int64(n))
	if p.left -= n; n == 0 || p.left == 0 {
		return n, p.conclude()
	}
	return n, nil
}

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
