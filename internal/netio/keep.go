package netio

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A Keep is what a Conn needs for KeepInput.
type Keep struct {
	mu     sync.Mutex
	kept   int  // how much of what was read the system still holds
	taking bool // the Conn's try is to take that
	peek   func(fd uintptr) bool
	into   []byte // what peek is to read into
}

// KeepInput leaves what is read last of a request with the system until the response is whole: see
// [Conn.Abort]. A Unix socket has no reset of its own, but who closes one that holds input which
// nobody has read gives the peer ECONNRESET behind all that was sent. That is so on Linux;
// elsewhere and on other connections KeepInput does nothing. k is b's from now on.
func (b *Conn) KeepInput(k *Keep) {
	if closeResets && b.raw != nil && isUnix(b.Conn) {
		b.keep = k
	}
}

// closeResets tells whether the peer of a Unix socket that is closed with unread input gets
// ECONNRESET.
const closeResets = runtime.GOOS == "linux"

// keptPiece is how much is looked at first: most requests without a body are in it, and what is
// looked at is read twice.
const keptPiece = 4 << 10

// KeepsInput reports whether KeepInput has had an effect. If so the first piece may be looked for
// elsewhere, by PeekFirst, and given by Early.
func (b *Conn) KeepsInput() bool { return b.keep != nil }

// PeekFirst looks at what has come on a descriptor, n bytes. If that is least or more, piece is
// what came, which is for Early.
func PeekFirst(fd, least int) (piece []byte, n int, err error) {
	buf := getBuffer()
	n, err = rawio.Peek(fd, buf[:keptPiece])
	if n < least {
		putBuffer(buf)
		return nil, n, err
	}
	return buf[:n], n, nil
}

// Early gives b what PeekFirst has found on its socket, before the first Wait.
func (b *Conn) Early(piece []byte) {
	b.in, b.w, b.keep.kept, b.used = piece[:cap(piece)], len(piece), len(piece), true
	b.state.CompareAndSwap(idle, active)
}

// receive reads from a descriptor that does not block. What is kept stays there, too.
func (b *Conn) receive(fd int, p []byte) (n int, err error) {
	if b.keep == nil {
		return rawio.Read(fd, p)
	}
	b.keep.mu.Lock()
	defer b.keep.mu.Unlock()
	n, err = rawio.Peek(fd, p[:min(len(p), keptPiece)])
	b.keep.kept = max(n, 0)
	return n, err
}

// get reads into p. left is how much of the request is still to come; 0 or less: nobody knows. What
// it ends with is kept.
func (b *Conn) get(p []byte, left int64) (int, error) {
	b.take()
	if left > 0 && left < int64(len(p)) {
		p = p[:left]
	}
	switch {
	case b.keep == nil || left > int64(len(p)):
		return b.Conn.Read(p)
	case left > keptPiece: // all but the last byte
		return b.Conn.Read(p[:left-1])
	}
	k := b.keep
	if k.peek == nil {
		k.peek = b.tryPeek
	}
	k.into, b.got, b.err = p, 0, nil
	err := b.raw.Read(k.peek)
	k.into = nil
	return b.came(err)
}

func (b *Conn) tryPeek(fd uintptr) bool {
	n, err := b.receive(int(fd), b.keep.into)
	if err == syscall.EAGAIN {
		return false
	}
	b.got, b.err = max(n, 0), os.NewSyscallError("recvfrom", err)
	return true
}

// take takes from the system what has been read of it, for who reads. It never waits.
func (b *Conn) take() {
	k := b.keep
	if k == nil || !k.holds() {
		return
	}
	k.taking = true
	if b.raw.Read(b.try) != nil { // its deadline has passed
		b.raw.Control(k.take)
	}
	k.taking = false
}

// takeLate is take for who does not read: somebody else may.
func (b *Conn) takeLate() {
	if k := b.keep; k != nil && k.holds() {
		b.raw.Control(k.take)
	}
}

func (k *Keep) holds() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept > 0
}

func (k *Keep) take(fd uintptr) {
	k.mu.Lock()
	defer k.mu.Unlock()
	scratch := getBuffer()
	defer putBuffer(scratch)
	for k.kept > 0 {
		n, err := rawio.Read(int(fd), scratch[:min(k.kept, len(scratch))])
		if n <= 0 || err != nil {
			k.kept = 0
			return
		}
		k.kept -= n
	}
}

// awaitInputTime is how long a cut waits for the request's body to go on.
const awaitInputTime = time.Second

// awaitInput waits for input that stays unread, where a cut needs that and all that had come of a
// body has been taken.
func (b *Conn) awaitInput() {
	if b.keep == nil || b.unread.Load() <= 0 || b.state.Load() != active {
		return
	}
	b.Conn.SetReadDeadline(time.Now().Add(awaitInputTime))
	b.raw.Read(func(fd uintptr) bool {
		var first [1]byte
		_, err := rawio.Peek(int(fd), first[:])
		return err != syscall.EAGAIN
	})
}
