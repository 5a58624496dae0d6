package netio

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
	"github.com/postern-gateway/postern/protocol"
)

// writePiece is how much is written under one deadline.
const writePiece = 256 << 10

// WritePieces calls write for one piece of p after another, until one fails. A deadline that is set
// for each bounds the time without progress, not that of one large write.
func WritePieces(p []byte, write func(piece []byte) (int, error)) (n int, err error) {
	for {
		m, err := write(p[n:min(n+writePiece, len(p))])
		if n += m; err != nil || n == len(p) {
			return n, err
		}
	}
}

// Out returns the output buffer, whose content has not been sent. The caller appends to it and
// stores the result with SetOut.
func (b *Conn) Out() []byte {
	if b.out == nil {
		b.out = getBuffer()[:0]
	}
	return b.out
}

// SetOut sets the output buffer: see [Conn.Out].
func (b *Conn) SetOut(out []byte) { b.out = out }

// DropOut empties the output buffer.
func (b *Conn) DropOut() { b.out = b.out[:0] }

// ReleaseOut gives the output buffer back to the pool if it is empty.
func (b *Conn) ReleaseOut() {
	if len(b.out) == 0 && b.out != nil {
		putBuffer(b.out)
		b.out = nil
	}
}

// Flush sends the output buffer.
func (b *Conn) Flush() error { return b.Send(nil) }

// Send sends the output buffer and then p, in one write if they are not large. It does not keep p.
func (b *Conn) Send(p []byte) error {
	if len(b.out) == 0 {
		return b.writeAll(p)
	}
	out := b.out
	b.out = out[:0]
	if len(p) == 0 {
		return b.writeAll(out)
	}
	b.write.arm(b.Conn.SetWriteDeadline, b.Limits.WriteTimeout)
	first := p[:min(len(p), writePiece)]
	if err := writeTwo(b.Conn, out, first); err != nil {
		return b.writeError(err)
	}
	return b.writeAll(p[len(first):])
}

// A vector is what one write of two pieces needs.
type vector struct {
	pieces  [2][]byte
	buffers net.Buffers
}

var vectors = sync.Pool{New: func() any { return new(vector) }}

// writeTwo writes two pieces in one write.
func writeTwo(c net.Conn, first, second []byte) error {
	if b, ok := c.(bare); ok {
		_, err := b.write2(first, second)
		return err
	}
	v := vectors.Get().(*vector)
	defer vectors.Put(v)
	v.pieces = [...][]byte{first, second}
	v.buffers = v.pieces[:]
	_, err := v.buffers.WriteTo(c)
	clear(v.pieces[:]) // the pool must not hold the caller's bytes
	return err
}

func (b *Conn) writeAll(p []byte) error {
	if b.raw != nil && 0 < len(p) && len(p) <= BufferSize {
		p = p[b.writeNow(p):]
	}
	if len(p) == 0 {
		return nil
	}
	_, err := WritePieces(p, func(piece []byte) (int, error) {
		b.write.arm(b.Conn.SetWriteDeadline, b.Limits.WriteTimeout)
		return b.Conn.Write(piece)
	})
	if err != nil {
		return b.writeError(err)
	}
	return nil
}

// writeNow writes what the socket takes without waiting, and returns how much that is: 0 after an
// error, which the write that follows meets again.
func (b *Conn) writeNow(p []byte) (n int) {
	if UseNow(b.Conn, func(fd uintptr) { n, _ = rawio.Write(int(fd), p) }) {
		return max(n, 0)
	}
	return WriteNow(b.raw, p)
}

// Write buffers p. If p does not fit, it sends the buffer and p.
func (b *Conn) Write(p []byte) (int, error) {
	if out := b.Out(); len(out)+len(p) <= cap(out) {
		b.out = append(out, p...)
		return len(p), nil
	}
	if err := b.Send(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// writeError makes an error of a write a *protocol.Error.
func (b *Conn) writeError(err error) error {
	if err == nil {
		return nil
	}
	e := &protocol.Error{Op: "write response", Kind: protocol.ErrAborted, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) && !b.write.byHandler {
		e.Detail = "the peer took nothing for " + b.Limits.WriteTimeout.String()
	}
	return e
}

// SetReadDeadline sets the deadline for reads of the current request.
func (b *Conn) SetReadDeadline(t time.Time) error {
	return b.read.setByHandler(b.Conn.SetReadDeadline, t)
}

// SetWriteDeadline sets the deadline for writes of the current request.
func (b *Conn) SetWriteDeadline(t time.Time) error {
	return b.write.setByHandler(b.Conn.SetWriteDeadline, t)
}

// EndRequest ends the effect of the deadlines that a handler has set for its request.
func (b *Conn) EndRequest() {
	b.read.endRequest()
	b.write.endRequest()
}
