package netio

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// Wait blocks until a request begins to arrive, holding no buffers meanwhile. A clean end, an idle
// connection's timeout and CloseIdle are io.EOF.
func (b *Conn) Wait() error {
	if b.r < b.w {
		b.start = false
		return nil
	}
	b.release()
	b.start = false
	if !b.state.CompareAndSwap(active, idle) && b.state.Load() != idle {
		return io.EOF
	}
	d := b.Limits.IdleTimeout
	if !b.used {
		d, b.used = b.Limits.HeadTimeout, true
	}
	n, err := b.readIdle(d)
	switch {
	case n > 0 && b.state.CompareAndSwap(idle, active):
		b.w = n
		return nil
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET):
		return io.EOF
	}
	return err
}

// readIdle reads once into a buffer that is taken only when there is something to read, and waits
// for that no longer than d. What is there already needs no deadline: to set one, and to ask for
// the time, costs as much as the read.
func (b *Conn) readIdle(d time.Duration) (int, error) {
	b.take()
	if b.raw == nil || !b.read.unset() {
		b.read.arm(b.Conn.SetReadDeadline, d)
	}
	if b.raw == nil {
		b.in = getBuffer()
		return b.Conn.Read(b.in)
	}
	b.got, b.err, b.limit = 0, nil, d
	return b.came(b.raw.Read(b.try))
}

// came is what a read through raw has brought, which itself ended with err.
func (b *Conn) came(err error) (int, error) {
	switch {
	case err != nil:
		return 0, err
	case b.got == 0 && b.err == nil:
		return 0, io.EOF
	}
	return b.got, b.err
}

func (b *Conn) tryRead(fd uintptr) bool {
	if b.keep != nil && b.keep.taking {
		b.keep.take(fd)
		return true
	}
	b.in = getBuffer()
	n, err := b.receive(int(fd), b.in)
	if err == nil {
		b.got = n
		return true
	}
	putBuffer(b.in)
	b.in = nil
	if err == syscall.EAGAIN {
		b.read.arm(b.Conn.SetReadDeadline, b.limit)
		return false
	}
	b.err = os.NewSyscallError("read", err)
	return true
}

// Fill reads until at least n bytes are buffered. n may be larger than a buffer: the caller has
// checked it against its limit, and the buffer grows with what comes, not with what is announced.
// The deadline is the head's, from the first Fill that must wait. An end is io.EOF if nothing is
// buffered, else io.ErrUnexpectedEOF; too slow a peer is an ErrAborted with status 408.
func (b *Conn) Fill(n int) error {
	if b.w-b.r >= n {
		return nil
	}
	if !b.start {
		b.start = true
		b.read.set(b.Conn.SetReadDeadline, b.Limits.HeadTimeout)
	}
	for b.w-b.r < n {
		b.makeRoom(n)
		b.work.Pause()
		m, err := b.get(b.in[b.w:], 0)
		b.work.Read(m)
		b.w += m
		switch {
		case m > 0 || err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return &protocol.Error{Op: "read head", Kind: protocol.ErrAborted, Detail: "not whole after " + b.Limits.HeadTimeout.String(), Status: 408}
		case err == io.EOF && b.r < b.w:
			return io.ErrUnexpectedEOF
		default:
			return err
		}
	}
	return nil
}

// makeRoom makes room behind what is buffered, of which there are to be n bytes in one piece.
func (b *Conn) makeRoom(n int) {
	if b.in == nil {
		b.in, b.r, b.w = getBuffer(), 0, 0
	}
	if b.r > 0 && len(b.in)-b.r < n {
		b.w = copy(b.in, b.in[b.r:b.w])
		b.r = 0
	}
	if b.w == len(b.in) {
		b.in = replace(b.in, min(2*len(b.in), n+BufferSize/4))
	}
}

// Read reads part of a body: what is buffered first, then straight into p unless p is small.
func (b *Conn) Read(p []byte) (n int, err error) {
	if b.r < b.w {
		n = copy(p, b.in[b.r:b.w])
		b.r += n
		return n, nil
	}
	b.read.arm(b.Conn.SetReadDeadline, b.Limits.BodyTimeout)
	b.work.Pause()
	left := b.unread.Load()
	if len(p) >= BufferSize/4 {
		n, err = b.get(p, left)
		b.work.Read(n)
		return n, b.bodyError(err)
	}
	b.r, b.w = 0, 0
	b.makeRoom(1)
	b.w, err = b.get(b.in, left)
	b.work.Read(b.w)
	n = copy(p, b.in[:b.w])
	b.r = n
	return n, b.bodyError(err)
}

func (b *Conn) bodyError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && !b.read.own {
		return &protocol.Error{Op: "read body", Kind: protocol.ErrAborted, Detail: "nothing came for " + b.Limits.BodyTimeout.String(), Err: err, Status: 408}
	}
	return err
}
