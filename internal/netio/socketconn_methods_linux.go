//go:build !386 && !s390x

package netio

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// Read implements [net.Conn].
func (s *SocketConn) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	var now error
	file, err := s.now(&s.read, func(fd uintptr) bool {
		if s.dialed {
			return false
		}
		n, now = rawio.Read(int(fd), p)
		return now != syscall.EAGAIN
	})
	switch {
	case file != nil:
		n, err = file.read(p)
		err = s.cause(err)
	case err == nil:
		err = now
	}
	if n = max(n, 0); n == 0 && err == nil {
		err = io.EOF
	}
	return n, s.failed("read", err)
}

// Write implements [net.Conn].
func (s *SocketConn) Write(p []byte) (n int, err error) { return s.write2(p, nil) }

// write2 writes first and then second, in one write where that does not have to wait.
func (s *SocketConn) write2(first, second []byte) (n int, err error) {
	var now error
	file, err := s.now(&s.write, func(fd uintptr) bool {
		n, now = writeAll(int(fd), first, second)
		return now != syscall.EAGAIN
	})
	if err == nil && file == nil {
		err = now
	}
	if err == nil && file != nil {
		var m int
		m, err = file.write(first[min(n, len(first)):], second[max(0, n-len(first)):])
		n += m
		err = s.cause(err)
	}
	return n, s.failed("write", err)
}

// Close implements [net.Conn].
func (s *SocketConn) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Swap(true) {
		return s.failed("close", net.ErrClosed)
	}
	if file := s.file.Load(); file != nil {
		return file.Close()
	}
	rawio.Close(s.fd)
	return nil
}

// CloseWrite ends the writing side alone.
func (s *SocketConn) CloseWrite() error {
	var now error
	err := s.raw().Control(func(fd uintptr) { now = syscall.Shutdown(int(fd), syscall.SHUT_WR) })
	if err == nil {
		err = now
	}
	return s.failed("shutdown", err)
}

// SetLinger is that of [net.TCPConn]. On a Unix socket it does nothing.
func (s *SocketConn) SetLinger(sec int) error {
	if s.unix() {
		return nil
	}
	var now error
	err := s.raw().Control(func(fd uintptr) {
		now = syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: int32(sec)})
	})
	if err == nil {
		err = now
	}
	return s.failed("set", err)
}

// LocalAddr implements [net.Conn].
func (s *SocketConn) LocalAddr() net.Addr {
	local := s.local
	if !s.unix() {
		s.raw().Control(func(fd uintptr) {
			var sa syscall.RawSockaddrAny
			if rawio.Getsockname(int(fd), &sa) == nil {
				local = tcpAddr(&sa)
			}
		})
	}
	return local
}

// RemoteAddr implements [net.Conn].
func (s *SocketConn) RemoteAddr() net.Addr { return s.peer }

// SetDeadline implements [net.Conn].
func (s *SocketConn) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetReadDeadline implements [net.Conn].
func (s *SocketConn) SetReadDeadline(t time.Time) error {
	return s.setDeadline(&s.read, t, (*os.File).SetReadDeadline)
}

// SetWriteDeadline implements [net.Conn].
func (s *SocketConn) SetWriteDeadline(t time.Time) error {
	return s.setDeadline(&s.write, t, (*os.File).SetWriteDeadline)
}

func (s *SocketConn) setDeadline(at *time.Time, t time.Time, set func(*os.File, time.Time) error) error {
	s.deadlines.Lock()
	defer s.deadlines.Unlock()
	if s.closed.Load() {
		return s.failed("set", net.ErrClosed)
	}
	*at = t
	if file := s.file.Load(); file != nil {
		return s.failed("set", set(file.File, t))
	}
	return nil
}

// cause is an error of the file's descriptor. What is closed has an error of its own there.
func (s *SocketConn) cause(err error) error {
	if err != nil && s.closed.Load() {
		return net.ErrClosed
	}
	return err
}

// failed gives an error the words of package net.
func (s *SocketConn) failed(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	if errors.Is(err, os.ErrClosed) {
		err = net.ErrClosed
	}
	if e, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, e)
	}
	return &net.OpError{Op: op, Net: s.network, Source: s.local, Addr: s.peer, Err: err}
}
