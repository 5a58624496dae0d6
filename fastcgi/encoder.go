package fastcgi

import (
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/protocol"
)

// An encoder is the part of a stream that answers. It belongs to the goroutine that has the
// request.
type encoder struct {
	answered bool // WriteHeader was called
	sized    bool // with a Content-Length
	stderr   stderr
	writeBy  atomic.Pointer[time.Time] // the handler's own deadline
	sending  atomic.Bool               // the handler waits for the peer to take its answer
}

// WriteHeader implements protocol.Encoder.
func (s *stream) WriteHeader(status int, h http.Header) error {
	if e := s.taken.Load(); e != nil {
		return e
	}
	s.answered, s.sized = true, len(h["Content-Length"]) > 0
	if s.req.Role == protocol.Authorizer {
		h = upperVariables(h)
	}
	s.startsWriting()
	defer s.stopsWriting()
	o := &s.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.record(s, typeStdout)
	out := o.nc.Out()
	b := protocol.AppendHead(out, protocol.StatusField, status, h)
	if len(b)+len(zeros) <= cap(out) {
		o.nc.SetOut(b)
		return o.err
	}
	// A head that does not fit goes out like a piece of a body.
	_, err := o.write(s, typeStdout, b[len(out):])
	return err
}

// Write implements protocol.Encoder.
func (s *stream) Write(p []byte) (int, error) { return s.send(typeStdout, p) }

func (s *stream) send(typ recordType, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil // an empty record would be the end of the stream
	}
	if e := s.taken.Load(); e != nil {
		return 0, e
	}
	if err := s.inTime(); err != nil {
		return 0, err
	}
	s.startsWriting()
	defer s.stopsWriting()
	o := &s.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(s, typ, p)
}

// ReadFrom frames r to its end: what a read returns is a record.
func (s *stream) ReadFrom(r io.Reader) (n int64, err error) {
	for err == nil {
		var m int
		m, err = s.copyPiece(r)
		n += int64(m)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// copyPiece copies what one read returns: a full record where the connection may hold so much more,
// else less, for each of many answers that nobody takes waits in such a piece.
func (s *stream) copyPiece(r io.Reader) (n int, err error) {
	held := s.c.holdPiece()
	defer s.c.givePiece(held)
	switch held {
	case fullContent:
		buf := pieces.Get()
		defer pieces.Put(buf)
		return s.copyBy(buf[:held], r)
	case sharedPiece:
		buf := bufpool.KiB16.Get()
		defer bufpool.KiB16.Put(buf)
		return s.copyBy(buf[:held], r)
	}
	buf := bufpool.KiB4.Get()
	defer bufpool.KiB4.Put(buf)
	return s.copyBy(buf[:], r)
}

func (s *stream) copyBy(buf []byte, r io.Reader) (n int, err error) {
	m, err := r.Read(buf)
	if m == 0 {
		return 0, err
	}
	n, werr := s.Write(buf[:m])
	if werr != nil {
		return n, werr
	}
	return n, err
}

// Flush implements protocol.Encoder.
func (s *stream) Flush() error {
	if err := s.inTime(); err != nil {
		return err
	}
	s.startsWriting()
	defer s.stopsWriting()
	return s.c.out.flush()
}

// Stderr returns a writer of FCGI_STDERR. Each call is sent at once; fronts log it.
func (s *stream) Stderr() io.Writer { return &s.stderr }

// FullDuplex reports that a response may begin while the request's body is still coming.
func (s *stream) FullDuplex() error { return nil }

// SetReadDeadline bounds the reading of this request's body, in place of Limits.BodyTimeout.
func (s *stream) SetReadDeadline(t time.Time) error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.readBy, s.ownRead = t, true
	for _, f := range s.bodies() {
		if f.waiting {
			c.hasten(f)
		}
	}
	s.cond.Broadcast()
	return nil
}

// SetWriteDeadline bounds the writing of this response. A write that it interrupts ends the
// connection, because a record may be torn.
func (s *stream) SetWriteDeadline(t time.Time) error {
	c := s.c
	s.writeBy.Store(&t)
	c.mu.Lock()
	alone := c.open == 1
	c.mu.Unlock()
	if alone {
		return c.out.nc.SetWriteDeadline(t)
	}
	return nil
}

// inTime returns an error once the handler's own write deadline has passed.
func (s *stream) inTime() error {
	if t := s.writeBy.Load(); t != nil && !t.IsZero() && !t.After(time.Now()) {
		return os.ErrDeadlineExceeded
	}
	return nil
}
