//go:build !386 && !s390x

package netio

import (
	"os"
	"syscall"
)

// A polled is a descriptor that the poller knows.
type polled struct {
	*os.File
	raw syscall.RawConn
}

// poll makes the descriptor known to the poller.
func (s *SocketConn) poll() *polled {
	file := &polled{File: os.NewFile(uintptr(s.fd), s.network)}
	file.raw, _ = file.SyscallConn()
	s.file.Store(file)
	s.deadlines.Lock()
	defer s.deadlines.Unlock()
	if !s.read.IsZero() {
		file.SetReadDeadline(s.read)
	}
	if !s.write.IsZero() {
		file.SetWriteDeadline(s.write)
	}
	return file
}

// read reads once, and waits for input if there is none.
func (f *polled) read(p []byte) (n int, err error) { return ReadSocket(f.raw, p) }

// write writes first and then second.
func (f *polled) write(first, second []byte) (n int, err error) {
	return writeSocket(f.raw, first, second)
}

// ForWaiting returns raw, or what waits as raw does with less of a stack: it is for a connection
// that has nothing to read yet.
func ForWaiting(raw syscall.RawConn) syscall.RawConn {
	s, ok := raw.(socketRaw)
	if !ok {
		return raw
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.file.Load()
	switch {
	case s.closed.Load():
		return raw
	case file == nil:
		file = s.poll()
	}
	return file.raw
}
