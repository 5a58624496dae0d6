package protocol

import (
	"io"
	"strconv"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// BufferUnknownLength returns r as a client sends it, over a protocol whose requests must tell
// their body's length: with each variable once (see [Params.Unique]), and r itself where that and
// the length are so, else a copy whose body has been taken in, within lim, and whose CONTENT_LENGTH
// is true. done gives back what the copy holds; it is never nil. A body beyond the limits is an
// ErrTooLarge.
func BufferUnknownLength(r *Request, lim *Limits) (out *Request, done func(), err error) {
	if r.Params.hasTwice() {
		r = r.shallow()
		r.Params = r.Params.Unique()
	}
	switch {
	case r.Body == nil && r.ContentLength < 0:
		out = r.shallow()
		out.ContentLength = 0
		return out, func() {}, nil
	case r.ContentLength >= 0:
		return r, func() {}, nil
	}
	l := lim.Resolve()
	spool := &Spool{Memory: l.SpoolMemory, File: l.Spool, Total: &l}
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	if _, err := io.CopyBuffer(spool, onlyReader{r.Body}, buf[:]); err != nil {
		spool.Close()
		return nil, nil, err
	}
	out = r.shallow()
	out.Body, out.GetBody, out.ContentLength = spool, spool.again, spool.Len()
	out.Params = r.Params.Clone()
	out.Params.Set("CONTENT_LENGTH", strconv.FormatInt(out.ContentLength, 10))
	return out, func() { spool.Close() }, nil
}

// onlyReader hides what else a reader can do, so that the copy goes by the buffer.
type onlyReader struct{ io.Reader }
