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
func (a *Accepted) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	var now error
	file, err := a.now(&a.read, func(fd uintptr) bool {
		n, now = rawio.Read(int(fd), p)
		return now != syscall.EAGAIN
	})
	switch {
	case file != nil:
		n, err = file.Read(p)
	case err == nil:
		err = now
	}
	if n = max(n, 0); n == 0 && err == nil {
		err = io.EOF
	}
	return n, a.failed("read", err)
}

// Write implements [net.Conn].
func (a *Accepted) Write(p []byte) (n int, err error) { return a.write2(p, nil) }

// write2 writes first and then second, in one write where that does not have to wait.
func (a *Accepted) write2(first, second []byte) (n int, err error) {
	var now error
	file, err := a.now(&a.write, func(fd uintptr) bool {
		for now == nil && n < len(first)+len(second) {
			var m int
			m, now = rawio.WriteTwo(int(fd), first[min(n, len(first)):], second[max(0, n-len(first)):])
			if n += max(m, 0); m == 0 && now == nil {
				now = syscall.EAGAIN // nothing was written: the poller tells when to go on
			}
		}
		return now != syscall.EAGAIN
	})
	if err == nil && file == nil {
		err = now
	}
	for _, p := range [2][]byte{first[min(n, len(first)):], second[max(0, n-len(first)):]} {
		if file == nil || err != nil || len(p) == 0 {
			continue
		}
		var m int
		m, err = file.Write(p)
		n += m
	}
	return n, a.failed("write", err)
}

// Close implements [net.Conn].
func (a *Accepted) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Swap(true) {
		return a.failed("close", net.ErrClosed)
	}
	if file := a.file.Load(); file != nil {
		return file.Close()
	}
	rawio.Close(a.fd)
	return nil
}

// CloseWrite ends the writing side alone.
func (a *Accepted) CloseWrite() error {
	var now error
	err := a.raw().Control(func(fd uintptr) { now = syscall.Shutdown(int(fd), syscall.SHUT_WR) })
	if err == nil {
		err = now
	}
	return a.failed("shutdown", err)
}

// SetLinger is that of [net.TCPConn]. On a Unix socket it does nothing.
func (a *Accepted) SetLinger(sec int) error {
	if a.unix() {
		return nil
	}
	var now error
	err := a.raw().Control(func(fd uintptr) {
		now = syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: int32(sec)})
	})
	if err == nil {
		err = now
	}
	return a.failed("set", err)
}

// LocalAddr implements [net.Conn].
func (a *Accepted) LocalAddr() net.Addr {
	local := a.local
	if !a.unix() {
		a.raw().Control(func(fd uintptr) {
			var sa syscall.RawSockaddrAny
			if rawio.Getsockname(int(fd), &sa) == nil {
				local = tcpAddr(&sa)
			}
		})
	}
	return local
}

// RemoteAddr implements [net.Conn].
func (a *Accepted) RemoteAddr() net.Addr { return a.peer }

// SetDeadline implements [net.Conn].
func (a *Accepted) SetDeadline(t time.Time) error {
	return errors.Join(a.SetReadDeadline(t), a.SetWriteDeadline(t))
}

// SetReadDeadline implements [net.Conn].
func (a *Accepted) SetReadDeadline(t time.Time) error {
	return a.setDeadline(&a.read, t, (*os.File).SetReadDeadline)
}

// SetWriteDeadline implements [net.Conn].
func (a *Accepted) SetWriteDeadline(t time.Time) error {
	return a.setDeadline(&a.write, t, (*os.File).SetWriteDeadline)
}

func (a *Accepted) setDeadline(at *time.Time, t time.Time, set func(*os.File, time.Time) error) error {
	a.deadlines.Lock()
	defer a.deadlines.Unlock()
	if a.closed.Load() {
		return a.failed("set", net.ErrClosed)
	}
	*at = t
	if file := a.file.Load(); file != nil {
		return a.failed("set", set(file.File, t))
	}
	return nil
}

// cause is an error of the file's descriptor. What is closed has an error of its own there.
func (a *Accepted) cause(err error) error {
	if err != nil && a.closed.Load() {
		return net.ErrClosed
	}
	return err
}

// failed gives an error the words of package net.
func (a *Accepted) failed(op string, err error) error {
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
	return &net.OpError{Op: op, Net: a.network, Source: a.local, Addr: a.peer, Err: err}
}
