package protocol

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// ReadFrom copies r into the body, from a file or a socket without a copy where the protocol's
// framing allows it.
func (w *response) ReadFrom(r io.Reader) (n int64, err error) {
	if isFile(r) {
		w.commitFile()
	}
	for err == nil {
		if rf, left := w.direct(); rf != nil {
			m, err := w.stream(rf, r, left)
			return n + m, err
		}
		var m int
		m, err = w.copyPiece(r)
		n += int64(m)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// isFile reports whether r reads a file, or a part of one.
func isFile(r io.Reader) bool {
	if l, ok := r.(*io.LimitedReader); ok {
		r = l.R
	}
	_, ok := r.(*os.File)
	return ok
}

// commitFile frames the head of a body that comes from a file, if nothing of it is needed to know
// the head, and it is more than can be held back: so the encoder gets all of it.
func (w *response) commitFile() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin()
	if w.over != nil || w.committed || w.noBody || w.declared-w.written <= prefixSize {
		return
	}
	_, reads := w.enc.(io.ReaderFrom)
	if _, typed := w.head.fields["Content-Type"]; typed && reads {
		w.commit(nil, false)
	}
}

// copyPiece copies what one read returns. io.EOF says that r has ended or the declared length is
// full. Before the head is framed pieces are small: who waits for its peer to take one holds
// little.
func (w *response) copyPiece(r io.Reader) (n int, err error) {
	if w.isFramed() {
		buf := bufpool.KiB32.Get()
		defer bufpool.KiB32.Put(buf)
		return w.copyBy(buf[:], r)
	}
	buf := bufpool.KiB4.Get()
	defer bufpool.KiB4.Put(buf)
	return w.copyBy(buf[:], r)
}

func (w *response) isFramed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.committed
}

func (w *response) copyBy(buf []byte, r io.Reader) (n int, err error) {
	m, err := r.Read(buf)
	if m == 0 {
		return 0, err
	}
	fits := w.fits(m)
	n, werr := w.Write(buf[:fits])
	if werr != nil {
		return n, werr
	}
	if fits < m {
		return n, io.EOF
	}
	return n, err
}

// fits returns how many of n bytes the declared length has room for.
func (w *response) fits(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin()
	if w.over != nil || w.declared < 0 {
		return n
	}
	return int(min(int64(n), w.declared-w.written))
}

// direct returns the encoder's own ReadFrom once the head is out, and how many bytes of body it may
// take: -1 for any number.
func (w *response) direct() (rf io.ReaderFrom, left int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over != nil || !w.committed || w.noBody {
		return nil, 0
	}
	rf, _ = w.enc.(io.ReaderFrom)
	if w.declared < 0 {
		return rf, -1
	}
	return rf, w.declared - w.written
}

// stream lets the encoder read. What r holds beyond the declared length is left there, and noticed
// by nobody, as in io.CopyN: a handler that declares a length means it.
func (w *response) stream(rf io.ReaderFrom, r io.Reader, left int64) (int64, error) {
	if left >= 0 {
		if l, ok := r.(*io.LimitedReader); !ok || l.N > left {
			r = io.LimitReader(r, left)
		}
	}
	n, err := rf.ReadFrom(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written += n
	w.tally.body(n)
	if errors.Is(err, ErrAborted) { // the peer has gone, and not r failed
		w.over = err
	}
	return n, err
}

// A notedReader notes its error.
type notedReader struct {
	io.Reader
	err error
}

func (r *notedReader) Read(p []byte) (n int, err error) {
	n, err = r.Reader.Read(p)
	if err != io.EOF {
		r.err = err
	}
	return n, err
}

// isSocketOrFile reports whether r is a socket or a file, or a part of one.
func isSocketOrFile(r io.Reader) bool {
	if l, ok := r.(*io.LimitedReader); ok {
		r = l.R
	}
	_, ok := r.(syscall.Conn)
	return ok
}

// isOfReading reports whether err is one of reading a file or a socket.
func isOfReading(err error) bool {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "read"
}
