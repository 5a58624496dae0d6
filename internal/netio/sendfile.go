package netio

import (
	"io"
	"os"
	"sync"
)

// filePiece is how much of a file is sent under one deadline.
const filePiece = 4 << 20

// A piece is what a stream is copied by.
type piece [64 << 10]byte

var pieces = sync.Pool{New: func() any { return new(piece) }}

// ReadFrom sends what is buffered, then r to its end: a file by sendfile where the system has it.
// Time in which r has nothing to give is nobody's fault: only the writes have a deadline.
func (b *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	if err := b.Flush(); err != nil {
		return 0, err
	}
	if f, limit := regular(r); f != nil {
		n, err = b.sendRegular(f, limit)
		if l, ok := r.(*io.LimitedReader); ok {
			l.N -= n
		}
		return n, err
	}
	buf := pieces.Get().(*piece)
	defer pieces.Put(buf)
	for {
		m, err := r.Read(buf[:])
		if werr := b.writeAll(buf[:m]); werr != nil {
			return n, werr
		}
		n += int64(m)
		switch err {
		case nil:
		case io.EOF:
			return n, nil
		default:
			return n, err
		}
	}
}

// regular returns the file that r is, and how much of it is wanted, if it is one whose reading
// waits for nobody.
func regular(r io.Reader) (f *os.File, limit int64) {
	limit = 1<<63 - 1
	if l, ok := r.(*io.LimitedReader); ok {
		r, limit = l.R, l.N
	}
	f, ok := r.(*os.File)
	if !ok {
		return nil, 0
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, 0
	}
	return f, limit
}

// sendRegular sends at most limit bytes of f from where it stands.
func (b *Conn) sendRegular(f *os.File, limit int64) (n int64, err error) {
	for n < limit {
		b.write.arm(b.Conn.SetWriteDeadline, b.Limits.WriteTimeout)
		m, err := b.sendFile(&io.LimitedReader{R: f, N: min(limit-n, filePiece)})
		n += m
		if err != nil || m == 0 {
			return n, b.writeError(err)
		}
	}
	return n, nil
}
