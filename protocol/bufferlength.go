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
	spool, done, err := takeIn(r.Body, lim)
	if err != nil {
		return nil, nil, err
	}
	out = r.shallow()
	out.Body, out.GetBody, out.ContentLength = spool, spool.Again, spool.Len()
	out.Params = r.Params.Clone()
	out.Params.Set("CONTENT_LENGTH", strconv.FormatInt(out.ContentLength, 10))
	return out, done, nil
}

// A sharedBody may go to several backends, one after another, and is taken in for all of them: by
// take, the first time. What was taken in belongs to who has made the body.
type sharedBody interface {
	TakeIn(take func(io.Reader) (*Spool, error)) (*Spool, error)
}

// takeIn returns all of a body, from its beginning, and what gives it back.
func takeIn(body io.Reader, lim *Limits) (all *Spool, done func(), err error) {
	take := func(from io.Reader) (*Spool, error) { return spooled(from, lim) }
	if s, ok := body.(sharedBody); ok {
		if all, err = s.TakeIn(take); err != nil {
			return nil, nil, err
		}
		return all.unread(), func() {}, nil
	}
	if all, err = take(body); err != nil {
		return nil, nil, err
	}
	return all, func() { all.Close() }, nil
}

// spooled takes in all of from, within lim.
func spooled(from io.Reader, lim *Limits) (*Spool, error) {
	l := lim.Resolve()
	s := &Spool{Memory: l.SpoolMemory, File: l.Spool, Total: &l}
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	if _, err := io.CopyBuffer(s, onlyReader{from}, buf[:]); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// onlyReader hides what else a reader can do, so that the copy goes by the buffer.
type onlyReader struct{ io.Reader }
