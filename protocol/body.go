package protocol

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/throttle"
)

// A body is a request's body as a handler sees it: the protocol's stream, held to its declared
// length and to the limit. It may be taken in as a whole (see takeIn), while another goroutine
// reads it.
type body struct {
	closed atomic.Bool // nobody will read any more

	mu    sync.Mutex
	src   io.Reader
	left  int64  // declared bytes still to come; -1: unknown
	room  int64  // bytes that the limit still allows
	limit int64  // the limit itself, for the error's text
	err   error  // how it ended; it stays
	spool *Spool // what was taken in; nil unless something was
}

// open makes b the body of declared bytes (-1: unknown) of src, which may be nil for none.
func (b *body) open(src io.Reader, declared, limit int64) {
	b.src, b.left, b.room, b.limit = src, declared, limit, limit
	if src == nil && declared < 0 {
		b.left = 0
	}
	if b.left == 0 {
		b.err = io.EOF
	}
}

// boundedAgain returns r's GetBody, with what it returns held to the same length and limit as r's
// body.
func boundedAgain(r *Request, limit int64) func() (io.Reader, error) {
	get, declared := r.GetBody, r.ContentLength
	return func() (io.Reader, error) {
		src, err := get()
		if err != nil {
			return nil, err
		}
		b := &bodyAgain{stream: src}
		b.open(src, declared, limit)
		return b, nil
	}
}

// A bodyAgain is what GetBody returns: a body whose stream is its reader's to close.
type bodyAgain struct {
	body
	stream io.Reader
}

func (b *bodyAgain) Close() error { return readCloser(b.stream).Close() }

// readCloser returns r, with a Close that does nothing if it has none.
func readCloser(r io.Reader) io.ReadCloser {
	if c, ok := r.(io.ReadCloser); ok {
		return c
	}
	return io.NopCloser(r)
}

// Read implements io.Reader with the promises of [Request.Body].
func (b *body) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spool != nil && b.spool.Len() > 0 {
		return b.spool.Read(p)
	}
	return b.pull(p)
}

// pull reads from the protocol's stream.
func (b *body) pull(p []byte) (n int, err error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	if b.src != nil {
		n, err = b.src.Read(p)
	} else {
		err = io.EOF
	}
	if int64(n) > b.room {
		b.err = &Error{Op: "read body", Kind: ErrTooLarge, Detail: Exceeds(b.limit-b.room+int64(n), b.limit, "bytes")}
		return 0, b.err
	}
	b.room -= int64(n)
	if b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case b.left == 0:
		err = io.EOF
	case err == io.EOF && b.left > 0:
		err = io.ErrUnexpectedEOF
	}
	b.err = beyondMaxBytes(err)
	return n, b.err
}

// beyondMaxBytes makes an error of http.MaxBytesReader, which somebody before us may have set, one
// of ours.
func beyondMaxBytes(err error) error {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &Error{Op: "read body", Kind: ErrTooLarge, Detail: "more than " + strconv.FormatInt(e.Limit, 10) + " bytes", Err: err}
	}
	return err
}

// Close says that nobody will read the rest.
func (b *body) Close() error {
	b.closed.Store(true)
	return nil
}

// takeIn reads the rest of the body, so that an answer may go out to a front that sends no more
// once it has seen one. Where the limits or the stream end it early, a later read gets what was
// taken in, and then the reason.
func (b *body) takeIn(lim *Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil || b.spool != nil || b.closed.Load() {
		return
	}
	b.spool = &Spool{Memory: lim.SpoolMemory, File: lim.Spool, Total: lim}
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	var work throttle.Meter
	for b.err == nil {
		work.Pause()
		n, _ := b.pull(buf[:])
		work.Bytes(n)
		if _, err := b.spool.Write(buf[:n]); err != nil {
			b.err = err
		}
	}
}

// release ends the body when the handler has returned. A goroutine that is still in Read is
// interrupted first.
func (b *body) release(interrupt func()) {
	b.closed.Store(true)
	if !b.mu.TryLock() {
		interrupt()
		b.mu.Lock()
	}
	defer b.mu.Unlock()
	b.src = nil
	if b.err == nil {
		b.err = http.ErrBodyReadAfterClose
	}
	if b.spool != nil {
		b.spool.Close()
	}
}

// taken returns how many bytes have been read of the stream.
func (b *body) taken() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.limit - b.room
}
