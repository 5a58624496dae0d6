package cgi

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/rawio"
)

// Read reads the standard output. io.EOF means that the script has ended as it should; see
// outcome.
func (p *process) Read(buf []byte) (int, error) {
	for p.readErr == nil {
		p.renewReadDeadline()
		n, err := p.stdout.read(buf)
		p.received.Add(int64(n))
		switch {
		case n > 0 && p.noteOutput():
			return n, nil
		case n > 0: // read after p.cause was set: report that
			_, p.readErr = p.readInterrupted(buf)
		case err == io.EOF:
			p.readErr = p.outputEnded()
		case !errors.Is(err, os.ErrDeadlineExceeded):
			p.readErr = p.runError(err)
		default:
			if n, p.readErr = p.readInterrupted(buf); n > 0 {
				return n, nil
			}
		}
	}
	return 0, p.readErr
}

// renewReadDeadline moves the read deadline before a read, once there is a supervisor.
func (p *process) renewReadDeadline() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.supervised {
		p.renewReadDeadlineLocked()
	}
}

// renewReadDeadlineLocked moves the read deadline to FirstByteTimeout or ReadTimeout from now, and
// not beyond the time for the head. While the client's body is waited for there is none. One that
// has been set to interrupt the reader stays.
func (p *process) renewReadDeadlineLocked() {
	if p.cause != nil || p.draining || p.responseDone {
		return
	}
	limit := p.c.readTimeout(p.gotOutput)
	if left, bounded := p.headTimeLeft(); bounded && (limit == 0 || left < limit) {
		limit = max(left, 1)
	}
	if !p.bodySince.IsZero() {
		limit = 0
	}
	netio.Renew(&p.readDeadline, limit, p.stdout.SetReadDeadline)
}

// headTimeLeft is what is left of FirstByteTimeout for a head that has begun to come and is not
// whole, if that is bounded. p.mu is held.
func (p *process) headTimeLeft() (left time.Duration, bounded bool) {
	limit := p.c.readTimeout(false)
	if !p.gotOutput || p.gotHead || limit == 0 {
		return 0, false
	}
	return time.Until(p.startedAt.Add(p.bodyTime + limit)), true
}

// noteHead notes that the response's head has been read.
func (p *process) noteHead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gotHead = true
}

// setBodyAwaited notes whether more of the client's body is waited for.
func (p *process) setBodyAwaited(awaited bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if awaited {
		p.bodySince = time.Now()
	} else {
		p.bodyTime += time.Since(p.bodySince)
		p.bodySince = time.Time{}
	}
	if p.supervised {
		p.renewReadDeadlineLocked()
	}
}

// noteOutput notes that a byte has come, and reports whether it still counts.
func (p *process) noteOutput() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gotOutput = true
	return p.cause == nil
}

// readInterrupted finds out why the read deadline has passed, and does what follows from it. If it
// returns neither bytes nor an error, Read goes on.
func (p *process) readInterrupted(buf []byte) (int, error) {
	p.mu.Lock()
	cause, draining, responseDone, deadline, gotOutput := p.cause, p.draining, p.responseDone, p.readDeadline, p.gotOutput
	left, inHead := p.headTimeLeft()
	p.mu.Unlock()
	switch {
	case responseDone && cause == nil:
		return 0, os.ErrClosed
	case cause != nil:
		p.finish()
		return 0, cause
	case draining:
		return p.drain(buf)
	case deadline.IsZero() || time.Now().Before(deadline): // it was moved meanwhile
		return 0, nil
	}
	what := "for the first byte"
	switch {
	case inHead && left <= 0:
		what, gotOutput = "for the whole head", false
	case gotOutput:
		what = "between two bytes"
	}
	p.stop(timedOut(p.path, what, p.c.readTimeout(gotOutput)))
	return 0, nil
}

// drain reads what the leader has left in the pipe: no more than a pipe holds, since others may go
// on writing.
func (p *process) drain(buf []byte) (int, error) {
	if p.drainLeft == 0 {
		p.drainLeft = pipeSize
	}
	n := readNow(p.stdout.File, buf[:min(len(buf), p.drainLeft)])
	p.received.Add(int64(n))
	if p.drainLeft -= n; n == 0 || p.drainLeft == 0 {
		return n, p.outputEnded()
	}
	return n, nil
}

// A stdout is our end of the pipe that is a script's standard output. It waits and has deadlines as
// an [os.File] does, but reads without telling Go's scheduler. One goroutine at a time may read.
type stdout struct {
	*os.File
	raw syscall.RawConn
	try func(fd uintptr) bool // tryRead, bound once

	// The argument and the results of tryRead.
	buf []byte
	n   int
	err error
}

func (s *stdout) open(fd int) {
	s.File = os.NewFile(uintptr(fd), "stdout")
	s.raw, _ = s.File.SyscallConn() // fails for no file that is one
	s.try = s.tryRead
}

// read is Read of io.Reader: it waits until there is something to read.
func (s *stdout) read(buf []byte) (int, error) {
	s.buf = buf
	err := s.raw.Read(s.try)
	s.buf = nil
	switch {
	case err != nil:
		return 0, err
	case s.err != nil:
		return 0, os.NewSyscallError("read", s.err)
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

func (s *stdout) tryRead(fd uintptr) bool {
	s.n, s.err = rawio.Read(int(fd), s.buf)
	return s.err != syscall.EAGAIN
}

// hasWriter reports whether some process has the other end open.
func (s *stdout) hasWriter() (yes bool) {
	err := s.raw.Control(func(fd uintptr) { yes = rawio.HasWriter(int(fd)) })
	return yes && err == nil
}

// readNow reads what is there, without waiting and whatever f's deadline is.
func readNow(f *os.File, buf []byte) (n int) {
	f.SetReadDeadline(time.Time{})
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	conn.Read(func(fd uintptr) bool {
		n, _ = rawio.Read(int(fd), buf)
		return true
	})
	return max(n, 0)
}
