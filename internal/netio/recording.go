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
}

// Record returns body, and what returns it again from its beginning, as long as no more than 16 KiB
// of it were asked for. Whoever reads one of the readers may be given up while its Read waits: what
// it reads is not lost to the others. protocol is for errors.
func Record(protocol string, body io.Reader) (first io.Reader, again func() (io.Reader, error)) {
	r := &recording{body: body, protocol: protocol}
	return &playback{recording: r}, r.again
}

// readInPart is the error of a request that would be sent again if its body were still there.
func (r *recording) readInPart() error {
	return &protocol.Error{Protocol: r.protocol, Op: "send request again", Kind: protocol.ErrUpstream,
		Detail: "a kept connection was closed, and the request's body cannot be had again: a part of it was read"}
}

// again returns the body from its beginning. A Read of one that was returned before may still be
// waiting; what it reads is then not lost.
func (r *recording) again() (io.Reader, error) {
	if r.tooLong.Load() {
		return nil, r.readInPart()
	}
	return &playback{recording: r}, nil
}

// A playback reads a recording from its beginning.
type playback struct {
	*recording
	off int64
}

func (r *playback) Read(p []byte) (n int, err error) {
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
