//go:build !386 && !s390x

package netio

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A SocketConn is a connection as accept(2) or connect(2) gave it. The runtime's poller learns of
// it when a read or a write has to wait for the first time: until then it costs the system calls of
// who reads, writes and closes it, and no others. It is a net.Conn, and as safe for concurrent use
// as those of package net.
//
// Its system calls do not wait, and are made without telling the scheduler: see package rawio.
type SocketConn struct {
	network string // "tcp" or "unix"
	local   net.Addr
	peer    net.Addr
	dialed  bool // who reads has sent a request: the first read has to wait

	mu     sync.Mutex // held during a system call on fd, none of which waits
	fd     int
	closed atomic.Bool
	file   atomic.Pointer[polled] // nil: the poller does not know it

	deadlines   sync.Mutex // may be taken with mu held, and not the other way round
	read, write time.Time
}

// now calls f with the descriptor, under the lock, unless the poller knows it: then f is for who
// calls. f must not wait; it returns false to wait for the poller.
func (s *SocketConn) now(deadline *time.Time, f func(fd uintptr) bool) (file *polled, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed.Load():
		return nil, net.ErrClosed
	case s.file.Load() != nil:
		return s.file.Load(), nil
	case s.passed(deadline):
		return nil, os.ErrDeadlineExceeded
	case f(uintptr(s.fd)):
		return nil, nil
	}
	return s.poll(), nil
}

// UseNow calls f with the descriptor of a [SocketConn] that the poller does not know, and reports
// whether it did. f must not wait.
func UseNow(c net.Conn, f func(fd uintptr)) (did bool) {
	s, ok := c.(*SocketConn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() || s.file.Load() != nil {
		return false
	}
	f(uintptr(s.fd))
	return true
}

// passed reports whether a deadline has passed; nil is none.
func (s *SocketConn) passed(deadline *time.Time) bool {
	if deadline == nil {
		return false
	}
	s.deadlines.Lock()
	defer s.deadlines.Unlock()
	return !deadline.IsZero() && !deadline.After(time.Now())
}

// A socketRaw is the descriptor of a SocketConn.
type socketRaw struct{ *SocketConn }

func (s socketRaw) Control(f func(fd uintptr)) error {
	file, err := s.now(nil, func(fd uintptr) bool {
		f(fd)
		return true
	})
	if file != nil {
		err = s.cause(file.raw.Control(f))
	}
	return err
}

func (s socketRaw) Read(f func(fd uintptr) bool) error {
	file, err := s.now(&s.read, f)
	if file != nil {
		err = s.cause(file.raw.Read(f))
	}
	return err
}

func (s socketRaw) Write(f func(fd uintptr) bool) error {
	file, err := s.now(&s.write, f)
	if file != nil {
		err = s.cause(file.raw.Write(f))
	}
	return err
}

// SyscallConn implements [syscall.Conn].
func (s *SocketConn) SyscallConn() (syscall.RawConn, error) { return socketRaw{s}, nil }

func (s *SocketConn) raw() syscall.RawConn { return socketRaw{s} }

func (s *SocketConn) unix() bool { return s.network == "unix" }
