package netio

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// Wait blocks until a request begins to arrive. It holds no buffer while it blocks. It returns
// io.EOF at the end of the connection, after the idle timeout and after CloseIdle.
func (b *Conn) Wait() error {
	if b.r < b.w {
		b.headStarted = false
		return nil
	}
	b.release()
	b.headStarted = false
	if !b.state.CompareAndSwap(active, idle) && b.state.Load() != idle {
		return io.EOF
	}
	d := b.Limits.IdleTimeout
	if !b.hadRequest {
		d, b.hadRequest = b.Limits.HeadTimeout, true
	}
	b.consume()
	err := b.Reader.Wait(d)
	switch {
	case b.w > 0 && (b.state.CompareAndSwap(idle, active) || b.state.Load() == active):
		return nil
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET):
		return io.EOF
	}
	return err
}

// Fill reads until at least n bytes are buffered. n may be larger than a buffer: the caller has
// checked it against its limit, and the buffer grows with the input, not to n at once. HeadTimeout
// runs from the first Fill of a request that must wait. The end of the connection is io.EOF if
// nothing is buffered, else io.ErrUnexpectedEOF. A timeout is an ErrAborted with status 408.
func (b *Conn) Fill(n int) error {
	if b.w-b.r >= n {
		return nil
	}
	if !b.headStarted {
		b.headStarted = true
		b.read.set(b.Conn.SetReadDeadline, b.Limits.HeadTimeout)
	}
	for b.w-b.r < n {
		b.makeRoom(n)
		b.work.Pause()
		m, err := b.readInput(b.in[b.w:], 0)
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

// Read reads a part of a body. It returns what is buffered, else it reads into p directly, unless p
// is small.
func (b *Conn) Read(p []byte) (n int, err error) {
	if b.r < b.w {
		n = copy(p, b.in[b.r:b.w])
		b.r += n
		return n, nil
	}
	b.read.arm(b.Conn.SetReadDeadline, b.Limits.BodyTimeout)
	b.work.Pause()
	left := b.bodyLeft.Load()
	if len(p) >= BufferSize/4 {
		n, err = b.readInput(p, left)
		b.work.Read(n)
		return n, b.bodyError(err)
	}
	b.r, b.w = 0, 0
	b.makeRoom(1)
	b.w, err = b.readInput(b.in, left)
	b.work.Read(b.w)
	n = copy(p, b.in[:b.w])
	b.r = n
	return n, b.bodyError(err)
}

// bodyError adds to the error of a read of a body that it met BodyTimeout.
func (b *Conn) bodyError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && !b.read.byHandler {
		return &protocol.Error{Op: "read body", Kind: protocol.ErrAborted, Detail: "nothing came for " + b.Limits.BodyTimeout.String(), Err: err, Status: 408}
	}
	return err
}
