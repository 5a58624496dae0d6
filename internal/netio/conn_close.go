package netio

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/throttle"
)

// The limits of a drain: how much a peer may still send after the response, and for how long.
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

// Finish closes the connection. If the request has been answered and the peer may still be sending,
// it drains the connection first.
func (b *Conn) Finish() error {
	if b.answered.Load() {
		b.consumeConcurrently()
	}
	if b.linger.CompareAndSwap(true, false) {
		b.Drain()
	}
	return b.Close()
}

// Idle reports whether b waits for a request.
func (b *Conn) Idle() bool { return b.state.Load() == idle }

// CloseIdle closes the connection if no request is being read or served and there is no unread
// input. It reports whether the connection is closed.
func (b *Conn) CloseIdle() bool {
	if b.state.Load() == idle && Pending(b.descriptor()) {
		return false
	}
	if !b.state.CompareAndSwap(idle, closed) {
		return b.state.Load() == closed
	}
	b.Conn.Close()
	return true
}

// Drain calls the function of that name, unless the connection has been hijacked.
func (b *Conn) Drain() {
	if b.state.Load() != hijacked {
		Drain(b.Conn)
	}
}

// Drain closes the writing side of c, and discards what the peer still sends, up to DrainBytes and
// DrainTime. Without it the close of a connection with unread input is a reset, which discards what
// the peer has not read yet. Drain does nothing if c has no CloseWrite.
func Drain(c net.Conn) {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	Linger(c)
}

// Linger is Drain without CloseWrite, for a connection whose writing side has been closed already,
// or whose peer closes first.
func Linger(c net.Conn) {
	c.SetReadDeadline(time.Now().Add(DrainTime))
	var work throttle.Meter
	for n := 0; n < DrainBytes; {
		m, err := discard(c)
		if err != nil {
			return
		}
		n += m
		work.Waste(throttle.DrainWork)
		work.Pause()
	}
}

// discard reads once what nobody wants.
func discard(c net.Conn) (int, error) {
	buf := getBuffer()
	defer putBuffer(buf)
	return c.Read(buf)
}

// Hijack hands the connection over to the caller, without deadlines. The reader has what has been
// read beyond the request.
func (b *Conn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := b.Flush(); err != nil {
		return nil, nil, err
	}
	if !b.state.CompareAndSwap(active, hijacked) {
		return nil, nil, net.ErrClosed
	}
	if a := b.background.Load(); a != nil {
		a.stop()
	}
	b.consume()
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

// Cut implements [protocol.Cutter]: see [CutTLS]. What else there is to see of a cut needs nothing
// to be sent.
func (b *Conn) Cut() {
	if b.state.Load() == active && !b.answered.Load() {
		CutTLS(b.Conn, false)
	}
}

// Abort closes the connection so that the peer sees that the response is incomplete. On TCP it
// resets the connection. On a Unix socket the kept input has that effect, see KeepInput, and the
// peer still gets all that was sent. For TLS see CutTLS. Other connections are closed as by Close.
func (b *Conn) Abort() error {
	if b.state.Load() == active && !CutTLS(b.Conn, b.bodyLeft.Load() != 0) {
		ResetOnClose(b.Conn)
	}
	b.awaitUnread()
	return b.Close()
}
