package netio

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/throttle"
)

// The bounds of a drain: what a peer may still send after it has been answered, and for how long.
const (
	DrainBytes = 256 << 20
	DrainTime  = 5 * time.Second
)

// Close closes the connection at once.
func (b *Conn) Close() error {
	for {
		s := b.state.Load()
		if s == closed || s == hijacked {
			return nil
		}
		if b.state.CompareAndSwap(s, closed) {
			return b.Conn.Close()
		}
	}
}

// Finish closes the connection of a request that has been answered, with a drain first where the
// peer may still be sending. In the middle of a request it is Close.
func (b *Conn) Finish() error {
	if b.answered.Load() {
		b.takeLate()
	}
	if b.linger.CompareAndSwap(true, false) {
		b.Drain()
	}
	return b.Close()
}

// CloseIdle closes the connection if no request is being read or served, nor has come unread, and
// reports whether it did.
func (b *Conn) CloseIdle() bool {
	if b.state.Load() == idle && Pending(b.raw) {
		return false
	}
	if !b.state.CompareAndSwap(idle, closed) {
		return b.state.Load() == closed
	}
	b.Conn.Close()
	return true
}

// Drain is the function of that name, for a connection that is still b's.
func (b *Conn) Drain() {
	if b.state.Load() != hijacked {
		Drain(b.Conn)
	}
}

// Drain tells the peer that no more will come, and reads what it still sends, within bounds: a
// connection that is closed with unread input is reset, and takes with it what the peer has not
// read yet. One without a half-close is left as it is.
func Drain(c net.Conn) {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	Linger(c)
}

// Linger is the second half of Drain, for a peer who has been told already that no more will come,
// or who closes first.
func Linger(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(DrainTime))
	buf := getBuffer()
	defer putBuffer(buf)
	var work throttle.Meter
	for n := 0; n < DrainBytes; {
		m, err := c.Read(buf)
		if err != nil {
			return
		}
		n += m
		work.Waste(throttle.DrainWork)
		work.Pause()
	}
}

// Hijack hands the connection over, with what has been read beyond the request, and without
// deadlines.
func (b *Conn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := b.Flush(); err != nil {
		return nil, nil, err
	}
	if !b.state.CompareAndSwap(active, hijacked) {
		return nil, nil, net.ErrClosed
	}
	if a := b.ahead.Load(); a != nil {
		a.stop()
	}
	b.take()
	b.keep = nil
	if err := b.Conn.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	rest := bytes.Clone(b.Buffered())
	b.r = b.w
	b.release()
	br := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(rest), b.Conn), max(4096, len(rest)))
	br.Peek(len(rest))
	return b.Conn, bufio.NewReadWriter(br, bufio.NewWriter(b.Conn)), nil
}

// Abort closes the connection so that the peer sees that the response is not whole: by a reset on
// TCP, and on a Unix socket by what KeepInput has left there, which takes nothing away of what was
// sent. Without that there is no such sign.
func (b *Conn) Abort() error {
	if b.state.Load() == active {
		ResetOnClose(b.Conn)
	}
	b.awaitInput()
	return b.Close()
}
