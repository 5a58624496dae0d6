package netio

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A Reader is the input of a connection, with a buffer from the pool, which it has only while there
// is something in it. One goroutine at a time may use it. It sets no deadline but in Wait.
type Reader struct {
	nc   net.Conn
	raw  syscall.RawConn // see Socket
	keep *Keep           // see KeepInput; nil: nothing is kept

	in   []byte // the buffer, nil while it is empty
	r, w int    // in[r:w] is buffered

	idling idling // see Idles

	tryN     int           // what tryRead or tryPeek has read
	tryErr   error         // its error
	tryLimit time.Duration // how long tryRead may wait

	read deadline
}

// Init makes b the input of c.
func (b *Reader) Init(c net.Conn) {
	b.nc, b.raw = c, Socket(c)
}

// An idling is a state that says whether a connection is idle.
type idling struct {
	state      *atomic.Int32 // nil: nobody asks
	idle, busy int32
}

// Idles has state be idle, as it is when Wait is called, while Wait waits, and busy before it takes
// input from the system: else whoever closes what is idle, and looks for input before, would meet
// neither. Where state is another, as the connection has been closed, Wait ends with io.EOF. It has
// no effect on a connection that wraps one.
func (b *Reader) Idles(state *atomic.Int32, idle, busy int32) { b.idling = idling{state, idle, busy} }

func (i *idling) begin() bool { return i.state == nil || i.state.CompareAndSwap(i.idle, i.busy) }

func (i *idling) goOn() {
	if i.state != nil {
		i.state.CompareAndSwap(i.busy, i.idle)
	}
}

// Reset makes b the input of c, for use without Wait.
func (b *Reader) Reset(c net.Conn) {
	b.Release()
	b.nc = c
}

// Buffered returns what has been read and not yet discarded. It is valid until the next call that
// reads.
func (b *Reader) Buffered() []byte { return b.in[b.r:b.w] }

// Discard drops n bytes of what is buffered. An enlarged buffer is dropped once it is empty.
func (b *Reader) Discard(n int) {
	if b.r += n; b.r == b.w {
		if b.r, b.w = 0, 0; len(b.in) > BufferSize {
			b.in = nil
		}
	}
}

// Release gives the buffer back to the pool, and drops what it holds.
func (b *Reader) Release() {
	if b.in != nil {
		putBuffer(b.in)
	}
	b.in, b.r, b.w = nil, 0, 0
}

// Abandon leaves the buffer to whoever has a part of it, and drops what is in it.
func (b *Reader) Abandon() { b.in, b.r, b.w = nil, 0, 0 }

// Wait reads once into the buffer, which is empty, and waits for input no longer than d: until then
// there is no buffer. 0 is no limit but a deadline that others have set. Input that is there
// already is read without setting a deadline: that, and asking for the time, costs as much as the
// read.
func (b *Reader) Wait(d time.Duration) (err error) {
	b.Release()
	if b.raw == nil || !b.read.isUnset() {
		b.read.arm(b.nc.SetReadDeadline, d)
	}
	if b.raw == nil {
		b.in = getBuffer()
		b.w, err = b.nc.Read(b.in)
		return err
	}
	b.tryN, b.tryErr, b.tryLimit = 0, nil, d
	b.w, err = b.tryResult(b.rawRead())
	return err
}

// A rawReader is one call of raw.Read. They are pooled, as each has a function of its own.
type rawReader struct {
	b   *Reader
	try func(fd uintptr) bool // b.tryRead
}

var rawReaders = sync.Pool{New: func() any {
	r := new(rawReader)
	r.try = func(fd uintptr) bool { return r.b.tryRead(fd) }
	return r
}}

// rawRead calls tryRead by raw.Read.
func (b *Reader) rawRead() error {
	r := rawReaders.Get().(*rawReader)
	defer rawReaders.Put(r)
	r.b = b
	err := b.raw.Read(r.try)
	r.b = nil
	return err
}

// tryResult is the result of raw.Read, which returned err.
func (b *Reader) tryResult(err error) (int, error) {
	switch {
	case err != nil:
		return 0, err
	case b.tryN == 0 && b.tryErr == nil:
		return 0, io.EOF
	}
	return b.tryN, b.tryErr
}

// tryRead reads once without blocking, into a buffer from the pool. It is called by raw.Read.
func (b *Reader) tryRead(fd uintptr) bool {
	if b.keep != nil && b.keep.consuming {
		b.keep.consume(fd)
		return true
	}
	if !b.idling.begin() {
		b.tryErr = io.EOF
		return true
	}
	b.in = getBuffer()
	n, err := b.keep.readOrPeek(int(fd), b.in)
	if err == nil {
		b.tryN = n
		return true
	}
	putBuffer(b.in)
	b.in = nil
	if err == syscall.EAGAIN {
		b.idling.goOn()
		b.read.arm(b.nc.SetReadDeadline, b.tryLimit)
		return false
	}
	b.tryErr = os.NewSyscallError("read", err)
	return true
}

// More reads once behind what is buffered, and makes room for n bytes in one piece. The buffer
// grows with the input, not to n at once.
func (b *Reader) More(n int) error {
	b.makeRoom(n)
	m, err := b.nc.Read(b.in[b.w:])
	b.w += m
	if m > 0 {
		return nil
	}
	return err
}

// ReadTo reads once into p, and what comes behind that into the buffer, which is empty.
func (b *Reader) ReadTo(p []byte) (n int, err error) {
	if b.raw == nil || !rawio.Available {
		return b.nc.Read(p)
	}
	b.Release()
	b.in = getBuffer()
	n, err = readSocket(b.raw, p, b.in)
	if b.w = n - len(p); b.w <= 0 {
		b.Release()
	}
	if e, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError("read", e)
	}
	return min(n, len(p)), err
}

// makeRoom makes room for input behind what is buffered, so that n bytes can be buffered in one
// piece.
func (b *Reader) makeRoom(n int) {
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
