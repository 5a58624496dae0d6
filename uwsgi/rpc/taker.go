package rpc

import (
	"io"
	"slices"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// A taker takes a result.
type taker interface {
	// begin takes the first bytes of a result of length bytes; 0 says nothing of the length.
	begin(first []byte, length int64) error
	// readFrom takes what one Read of r brings, at most left bytes.
	readFrom(r io.Reader, left int64) (n int, err error)
}

// growth is how much is allocated at once for a result that is only declared yet.
const growth = 1 << 20

// buffered takes a result into memory.
type buffered struct{ bytes []byte }

func (t *buffered) begin(first []byte, length int64) error {
	t.bytes = append(make([]byte, 0, min(length, growth)), first...)
	return nil
}

func (t *buffered) readFrom(r io.Reader, left int64) (n int, err error) {
	if len(t.bytes) == cap(t.bytes) {
		t.bytes = slices.Grow(t.bytes, int(min(left, max(512, int64(len(t.bytes))))))
	}
	room := t.bytes[len(t.bytes):cap(t.bytes)]
	n, err = r.Read(room[:min(int64(len(room)), left)])
	t.bytes = t.bytes[:len(t.bytes)+n]
	return n, err
}

// streamed writes a result on.
type streamed struct {
	w   io.Writer
	n   int64 // written
	err error // of w
}

func (t *streamed) begin(first []byte, _ int64) error {
	t.write(first)
	return t.err
}

func (t *streamed) readFrom(r io.Reader, left int64) (n int, err error) {
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	n, err = r.Read(buf[:min(int64(len(buf)), left)])
	if t.write(buf[:n]); t.err != nil {
		return 0, t.err
	}
	return n, err
}

func (t *streamed) write(p []byte) {
	if len(p) > 0 && t.err == nil {
		var n int
		n, t.err = t.w.Write(p)
		t.n += int64(n)
	}
}
