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

// A stdout is our end of the pipe that is a script's standard output. It is an [os.File] for the
// waiting and the deadlines; what is read is read without telling the scheduler. One goroutine at a
// time may read.
type stdout struct {
	*os.File
	raw syscall.RawConn
	try func(fd uintptr) bool

	// Of try: where to, and what came of it.
	buf []byte
	n   int
	err error
}

func (s *stdout) open(fd int) {
	s.File = os.NewFile(uintptr(fd), "stdout")
	s.raw, _ = s.File.SyscallConn() // fails for no file that is one
	s.try = s.tryRead
}

// read is Read: it waits until there is something.
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

// held reports whether some process has the other end open.
func (s *stdout) held() (yes bool) {
	err := s.raw.Control(func(fd uintptr) { yes = hasWriter(fd) })
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
