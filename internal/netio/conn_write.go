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

// writePiece is how much is written under one deadline: it bounds the time without progress, not
// the time of one large write.
const writePiece = 256 << 10

// Out returns the output buffer, for appending to: what is in it has not been sent. SetOut stores
// the result.
func (b *Conn) Out() []byte {
	if b.out == nil {
		b.out = getBuffer()[:0]
	}
	return b.out
}

// SetOut stores what was made of [Conn.Out].
func (b *Conn) SetOut(out []byte) { b.out = out }

// Flush sends the output buffer.
func (b *Conn) Flush() error { return b.Send(nil) }

// Send sends the output buffer and then p, in one write where they are not large. It does not keep
// p.
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
	clear(v.pieces[:]) // they are the caller's
	return err
}

func (b *Conn) writeAll(p []byte) error {
	if b.raw != nil && len(p) <= BufferSize {
		p = p[b.writeNow(p):]
	}
	for len(p) > 0 {
		b.write.arm(b.Conn.SetWriteDeadline, b.Limits.WriteTimeout)
		n, err := b.Conn.Write(p[:min(len(p), writePiece)])
		if err != nil {
			return b.writeError(err)
		}
		p = p[n:]
	}
	return nil
}

// writeNow writes as much of p as can be written without waiting, and so without a deadline. An
// error is left to the write that may wait.
func (b *Conn) writeNow(p []byte) int {
	if b.put == nil {
		b.put = b.tryWrite
	}
	b.send, b.sent = p, 0
	err := b.raw.Write(b.put)
	b.send = nil
	if err != nil {
		return 0
	}
	return b.sent
}

func (b *Conn) tryWrite(fd uintptr) bool {
	n, _ := rawio.Write(int(fd), b.send)
	b.sent = max(n, 0)
	return true
}

// Write buffers p, or sends it with what is buffered where it does not fit.
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

func (b *Conn) writeError(err error) error {
	if err == nil {
		return nil
	}
	e := &protocol.Error{Op: "write response", Kind: protocol.ErrAborted, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) && !b.write.own {
		e.Detail = "the peer took nothing for " + b.Limits.WriteTimeout.String()
	}
	return e
}

// SetReadDeadline bounds the reads of the present request.
func (b *Conn) SetReadDeadline(t time.Time) error { return b.read.request(b.Conn.SetReadDeadline, t) }

// SetWriteDeadline bounds the writes of the present request.
func (b *Conn) SetWriteDeadline(t time.Time) error {
	return b.write.request(b.Conn.SetWriteDeadline, t)
}

// EndRequest forgets what a request has set for itself.
func (b *Conn) EndRequest() {
	b.read.reset()
	b.write.reset()
}
