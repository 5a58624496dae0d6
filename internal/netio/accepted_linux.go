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

// An Accepted is a connection as accept(2) gave it. The runtime's poller learns of it when a read
// or a write has to wait for the first time: until then it costs the system calls of who reads,
// writes and closes it, and no others. It is a net.Conn, and as safe for concurrent use as those of
// package net.
type Accepted struct {
	network string // "tcp" or "unix"
	local   net.Addr
	peer    net.Addr

	mu     sync.Mutex // held during a system call on fd, none of which waits
	fd     int
	closed atomic.Bool
	file   atomic.Pointer[polled] // nil: the poller does not know it

	deadlines   sync.Mutex // may be taken with mu held, and not the other way round
	read, write time.Time
}

// A polled is a descriptor that the poller knows.
type polled struct {
	*os.File
	raw syscall.RawConn
}

// now calls f with the descriptor, under the lock, unless the poller knows it: then f is for who
// calls. f must not wait; it returns false to wait for the poller.
func (a *Accepted) now(deadline *time.Time, f func(fd uintptr) bool) (file *polled, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed.Load():
		return nil, net.ErrClosed
	case a.file.Load() != nil:
		return a.file.Load(), nil
	case a.passed(deadline):
		return nil, os.ErrDeadlineExceeded
	case f(uintptr(a.fd)):
		return nil, nil
	}
	return a.poll(), nil
}

// UseNow calls f with the descriptor of an [Accepted] that the poller does not know, and reports
// whether it did. f must not wait.
func UseNow(c net.Conn, f func(fd uintptr)) (did bool) {
	a, ok := c.(*Accepted)
	if !ok {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Load() || a.file.Load() != nil {
		return false
	}
	f(uintptr(a.fd))
	return true
}

// poll makes the descriptor known to the poller.
func (a *Accepted) poll() *polled {
	file := &polled{File: os.NewFile(uintptr(a.fd), a.network)}
	file.raw, _ = file.SyscallConn()
	a.file.Store(file)
	a.deadlines.Lock()
	defer a.deadlines.Unlock()
	file.SetReadDeadline(a.read)
	file.SetWriteDeadline(a.write)
	return file
}

// passed reports whether a deadline has passed; nil is none.
func (a *Accepted) passed(deadline *time.Time) bool {
	if deadline == nil {
		return false
	}
	a.deadlines.Lock()
	defer a.deadlines.Unlock()
	return !deadline.IsZero() && !deadline.After(time.Now())
}

// An acceptedRaw is the descriptor of an Accepted.
type acceptedRaw struct{ *Accepted }

func (a acceptedRaw) Control(f func(fd uintptr)) error {
	file, err := a.now(nil, func(fd uintptr) bool {
		f(fd)
		return true
	})
	if file != nil {
		err = a.cause(file.raw.Control(f))
	}
	return err
}

func (a acceptedRaw) Read(f func(fd uintptr) bool) error {
	file, err := a.now(&a.read, f)
	if file != nil {
		err = a.cause(file.raw.Read(f))
	}
	return err
}

func (a acceptedRaw) Write(f func(fd uintptr) bool) error {
	file, err := a.now(&a.write, f)
	if file != nil {
		err = a.cause(file.raw.Write(f))
	}
	return err
}

// SyscallConn implements [syscall.Conn].
func (a *Accepted) SyscallConn() (syscall.RawConn, error) { return acceptedRaw{a}, nil }

func (a *Accepted) raw() syscall.RawConn { return acceptedRaw{a} }

func (a *Accepted) unix() bool { return a.network == "unix" }
