package netio

import (
	"io"
	"sync"
	"syscall"

	"github.com/postern-gateway/postern/internal/rawio"
)

// ReadSocket reads once from a socket, and waits for input if there is none, as the Read of its
// connection does. Its system call does not wait, and is made without telling the scheduler: see
// package rawio.
func ReadSocket(raw syscall.RawConn, p []byte) (n int, err error) { return readSocket(raw, p, nil) }

// readSocket reads once into first and, what comes behind that, into second.
func readSocket(raw syscall.RawConn, first, second []byte) (n int, err error) {
	if len(first) == 0 {
		return 0, nil
	}
	c := socketCalls.Get().(*socketCall)
	defer c.free()
	c.first, c.second = first, second
	switch err = raw.Read(c.read); {
	case err != nil:
		return 0, err
	case c.err != nil:
		return 0, c.err
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// writeSocket writes first and then second in the same way.
func writeSocket(raw syscall.RawConn, first, second []byte) (n int, err error) {
	c := socketCalls.Get().(*socketCall)
	defer c.free()
	c.first, c.second = first, second
	if err = raw.Write(c.write); err == nil {
		err = c.err
	}
	return c.n, err
}

// A socketCall is a read or a write of a socket.
type socketCall struct {
	first, second []byte
	n             int
	err           error

	read, write func(fd uintptr) (done bool) // tryRead and tryWrite, allocated once
}

var socketCalls = sync.Pool{New: func() any {
	c := new(socketCall)
	c.read, c.write = c.tryRead, c.tryWrite
	return c
}}

func (c *socketCall) free() {
	c.first, c.second, c.n, c.err = nil, nil, 0, nil
	socketCalls.Put(c)
}

func (c *socketCall) tryRead(fd uintptr) (done bool) {
	if len(c.second) == 0 {
		c.n, c.err = rawio.Read(int(fd), c.first)
	} else {
		c.n, c.err = rawio.ReadTwo(int(fd), c.first, c.second)
	}
	return c.err != syscall.EAGAIN
}

func (c *socketCall) tryWrite(fd uintptr) (done bool) {
	n, err := writeAll(int(fd), c.first, c.second)
	c.first, c.second = c.first[min(n, len(c.first)):], c.second[max(0, n-len(c.first)):]
	c.n += n
	c.err = err
	return err != syscall.EAGAIN
}

// writeAll writes first and then second, as far as the socket takes it now: syscall.EAGAIN says
// that it has not taken all.
func writeAll(fd int, first, second []byte) (n int, err error) {
	for err == nil && n < len(first)+len(second) {
		var m int
		m, err = rawio.WriteTwo(fd, first[min(n, len(first)):], second[max(0, n-len(first)):])
		if n += max(m, 0); m == 0 && err == nil {
			err = syscall.EAGAIN // nothing was written: the poller tells when to go on
		}
	}
	return n, err
}
