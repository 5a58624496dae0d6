package netio

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A Keep is the state that a Conn needs for KeepInput.
type Keep struct {
	mu        sync.Mutex
	n         int  // how many bytes were peeked, and are still in the kernel's buffer
	consuming bool // tryRead is to consume them
	peek      func(fd uintptr) bool
	into      []byte // where tryPeek reads to
}

// KeepInput makes b leave the last input of a request in the kernel's buffer until the response is
// whole: it is peeked, and consumed later. [Conn.Abort] needs that. A Unix socket cannot be reset,
// but if one is closed on Linux with unread input, the peer gets ECONNRESET after all that was
// sent. On other systems and connections KeepInput does nothing. b owns k from now on.
func (b *Conn) KeepInput(k *Keep) {
	if closeResets && b.raw != nil && isUnix(b.Conn) {
		b.keep = k
	}
}

// closeResets tells whether the peer of a Unix socket that is closed with unread input gets
// ECONNRESET.
const closeResets = runtime.GOOS == "linux"

// peekSize is how much is peeked at once. Most requests without a body fit. It is small because
// what is peeked is read twice.
const peekSize = 4 << 10

// StopKeeping ends what KeepInput has begun, for an answer of which the peer can tell whether it is
// whole: so Abort of a Unix socket is a plain close. What was peeked is no longer buffered, and is
// read like other input.
func (b *Conn) StopKeeping() {
	k := b.keep
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	b.w -= k.n
	k.n, b.keep = 0, nil
}

// KeepsInput reports whether KeepInput had an effect. If so, the first input may be peeked by
// PeekFirst and given to b by SetPeeked.
func (b *Conn) KeepsInput() bool { return b.keep != nil }

// PeekFirst peeks n bytes on a descriptor. If they are least or more, piece holds them, for
// SetPeeked.
func PeekFirst(fd, least int) (piece []byte, n int, err error) {
	buf := getBuffer()
	n, err = rawio.Peek(fd, buf[:peekSize])
	if n < least {
		putBuffer(buf)
		return nil, n, err
	}
	return buf[:n], n, nil
}

// SetPeeked gives b the piece that PeekFirst has peeked on its socket. It may be called before the
// first Wait, and b owns piece from then on.
func (b *Conn) SetPeeked(piece []byte) {
	b.in, b.w, b.keep.n, b.hadRequest = piece[:cap(piece)], len(piece), len(piece), true
	b.state.CompareAndSwap(idle, active)
}

// readOrPeek reads from a non-blocking descriptor, or peeks. k may be nil.
func (k *Keep) readOrPeek(fd int, p []byte) (n int, err error) {
	if k == nil {
		return rawio.Read(fd, p)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	n, err = rawio.Peek(fd, p[:min(len(p), peekSize)])
	k.n = max(n, 0)
	return n, err
}

// readInput reads into p. left is how much of the request is still to come; 0 or less: unknown. The
// request's last bytes are peeked.
func (b *Conn) readInput(p []byte, left int64) (int, error) {
	b.consume()
	if left > 0 && left < int64(len(p)) {
		p = p[:left]
	}
	switch {
	case b.keep == nil || left > int64(len(p)):
		return b.Conn.Read(p)
	case left > peekSize: // all but the last byte
		return b.Conn.Read(p[:left-1])
	}
	k := b.keep
	if k.peek == nil {
		k.peek = b.tryPeek
	}
	k.into, b.tryN, b.tryErr = p, 0, nil
	err := b.raw.Read(k.peek)
	k.into = nil
	return b.tryResult(err)
}

// tryPeek peeks once without blocking. It is called by raw.Read.
func (b *Conn) tryPeek(fd uintptr) bool {
	n, err := b.keep.readOrPeek(int(fd), b.keep.into)
	if err == syscall.EAGAIN {
		return false
	}
	b.tryN, b.tryErr = max(n, 0), os.NewSyscallError("recvfrom", err)
	return true
}

// consume reads what was peeked out of the kernel's buffer. Only the reader of the connection may
// call it. It never blocks.
func (b *Conn) consume() {
	k := b.keep
	if k == nil || !k.any() {
		return
	}
	if UseNow(b.Conn, k.consume) {
		return
	}
	k.consuming = true
	if b.rawRead() != nil { // the read deadline has passed
		b.raw.Control(k.consume)
	}
	k.consuming = false
}

// consumeConcurrently is consume for a goroutine that is not the reader of the connection.
func (b *Conn) consumeConcurrently() {
	if k := b.keep; k != nil && k.any() && !UseNow(b.Conn, k.consume) {
		b.raw.Control(k.consume)
	}
}

// any reports whether anything that was peeked has not been consumed.
func (k *Keep) any() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n > 0
}

func (k *Keep) consume(fd uintptr) {
	k.mu.Lock()
	defer k.mu.Unlock()
	scratch := getBuffer()
	defer putBuffer(scratch)
	for k.n > 0 {
		n, err := rawio.Read(int(fd), scratch[:min(k.n, len(scratch))])
		if n <= 0 || err != nil {
			k.n = 0
			return
		}
		k.n -= n
	}
}

// awaitUnreadTime is how long Abort waits for more of the request's body.
const awaitUnreadTime = time.Second

// awaitUnread waits for input, which then stays unread, if Abort needs that and all that came of
// the body has been consumed.
func (b *Conn) awaitUnread() {
	if b.keep == nil || b.bodyLeft.Load() <= 0 || b.state.Load() != active {
		return
	}
	b.Conn.SetReadDeadline(time.Now().Add(awaitUnreadTime))
	b.raw.Read(func(fd uintptr) bool {
		var first [1]byte
		_, err := rawio.Peek(int(fd), first[:])
		return err != syscall.EAGAIN
	})
}
