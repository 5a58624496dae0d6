package netio

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/protocol"
)

// A recording is a body of which the first bytes, up to smallBody, are kept while it is read. It
// can be read again from its beginning until more is asked for.
type recording struct {
	protocol string      // for errors
	tooLong  atomic.Bool // more was asked for, and nothing is kept

	mu   sync.Mutex // held during a Read of body
	body io.Reader
	kept []byte
	read int64 // of body
	err  error // how it ended

	all atomic.Pointer[protocol.Spool] // what TakeIn has taken in; nil: it was not called
}

// Record returns body, and what returns it again from its beginning, as long as no more than 16 KiB
// of it were asked for, or once it was taken in: see [protocol.BufferUnknownLength]. Whoever reads
// one of the readers may be given up while its Read waits: what it reads is not lost to the others.
// release gives back what was taken in, when nobody reads it any more. name is the protocol's, for
// errors.
func Record(name string, body io.Reader) (first io.Reader, again func() (io.Reader, error), release func()) {
	r := &recording{body: body, protocol: name}
	return &playback{recording: r}, r.again, r.release
}

// TakeIn returns the whole body, which take has taken in the first time. It may be called by one
// goroutine at a time, while nobody reads.
func (r *playback) TakeIn(take func(io.Reader) (*protocol.Spool, error)) (*protocol.Spool, error) {
	if all := r.all.Load(); all != nil {
		return all, nil
	}
	all, err := take(r)
	if err == nil {
		r.all.Store(all)
	}
	return all, err
}

func (r *recording) release() {
	if all := r.all.Swap(nil); all != nil {
		all.Close()
	}
}

// readInPart is the error of a request that would be sent again if its body were still there.
func (r *recording) readInPart() error {
	return &protocol.Error{Protocol: r.protocol, Op: "send request again", Kind: protocol.ErrUpstream,
		Detail: "a kept connection was closed, and the request's body cannot be had again: a part of it was read"}
}

// again returns the body from its beginning. A Read of one that was returned before may still be
// waiting; what it reads is then not lost.
func (r *recording) again() (io.Reader, error) {
	b := &playback{recording: r}
	if all := r.all.Load(); all != nil {
		var err error
		b.from, err = all.Again()
		return b, err
	}
	if r.tooLong.Load() {
		return nil, r.readInPart()
	}
	return b, nil
}

// A playback reads a recording from its beginning.
type playback struct {
	*recording
	off  int64
	from io.Reader // of what was taken in; nil: that is not there
}

func (r *playback) Read(p []byte) (n int, err error) {
	if r.from != nil {
		return r.from.Read(p)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.off < int64(len(r.kept)):
		n = copy(p, r.kept[r.off:])
	case r.off < r.read:
		return 0, r.readInPart()
	case r.err != nil:
		return 0, r.err
	default:
		n, err = r.readOn(p)
	}
	r.off += int64(n)
	return n, err
}

// readOn reads what nobody has read yet.
func (r *recording) readOn(p []byte) (n int, err error) {
	if r.read >= smallBody {
		r.tooLong.Store(true)
		r.kept = nil
	} else {
		p = p[:min(len(p), smallBody-len(r.kept))]
	}
	n, r.err = r.body.Read(p)
	if r.read < smallBody {
		r.kept = append(r.kept, p[:n]...)
	}
	r.read += int64(n)
	return n, r.err
}
