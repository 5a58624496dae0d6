package netio

import (
	"io"
	"net"
	"os"
	"syscall"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// filePiece is how much of a file is sent under one deadline.
const filePiece = 4 << 20

// ReadFrom sends the output buffer, then r to its end. A regular file is sent by sendfile if the
// system has it. The writes have a deadline, the reads from r have none.
func (b *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	if err := b.Flush(); err != nil {
		return 0, err
	}
	if f, limit := Regular(r); f != nil {
		n, err = SendFile(b.Conn, b.raw, f, limit, func() { b.write.arm(b.Conn.SetWriteDeadline, b.Limits.WriteTimeout) })
		if l, ok := r.(*io.LimitedReader); ok {
			l.N -= n
		}
		return n, b.writeError(err)
	}
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
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

// Regular returns the regular file that r reads, and how much of it is wanted. f is nil for any
// other reader, whose Read may block.
func Regular(r io.Reader) (f *os.File, limit int64) {
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

// SendFile sends at most limit bytes of a regular file, from its current offset, to c, whose socket
// is raw; nil where it is not known. It calls arm before each piece, to give that its time.
func SendFile(c net.Conn, raw syscall.RawConn, f *os.File, limit int64, arm func()) (n int64, err error) {
	for n < limit {
		arm()
		m, err := sendPiece(c, raw, &io.LimitedReader{R: f, N: min(limit-n, filePiece)})
		n += m
		if err != nil || m == 0 {
			return n, err
		}
	}
	return n, nil
}
