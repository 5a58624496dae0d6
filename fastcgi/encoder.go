package fastcgi

import (
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/netio"
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

// Close implements protocol.Encoder: it sends END_REQUEST, or cuts the connection where END_REQUEST
// would not show that the response is not whole: nginx counts the bytes of one that declared its
// length, other fronts do not.
func (s *stream) Close(cause error) (err error) {
	c := s.c
	taken := s.taken.Load()
	if taken != nil {
		cause = taken
	}
	c.mu.Lock()
	if s.state == over {
		c.mu.Unlock()
		return nil
	}
	alone := c.open == 1 && c.ending == 0
	unread := !s.stdin.ended || s.req.Role == protocol.Filter && !s.data.ended
	c.finish(s)
	c.mu.Unlock()
	if cause != nil && s.answered && alone && taken == nil && !(s.sized && netio.FrontChecksLength(&s.req)) {
		err = c.cut(s)
	} else {
		s.startsWriting()
		err = c.out.end(s, cause)
		s.stopsWriting()
	}
	if s.writeBy.Load() != nil {
		c.out.nc.EndRequest()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linger = c.linger || unread && !s.keep
	c.ending--
	c.runs(-1)
	c.left()
	return err
}

// finish makes the id of s free, for the peer may use it again as soon as it sees END_REQUEST.
func (c *conn) finish(s *stream) {
	s.state, s.dead = over, true
	s.stdin.end(http.ErrBodyReadAfterClose)
	s.data.end(http.ErrBodyReadAfterClose)
	s.release()
	delete(c.streams, s.id)
}

// sendingEnd counts s as ended. It is called with the output's lock held: so a peer that stops
// reading can pin at most one request beyond Limits.Requests.
func (c *conn) sendingEnd(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending++
	c.leave(s)
}

// end sends what is left of s's response, and END_REQUEST.
func (o *output) end(s *stream, cause error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var app uint32
	if cause == nil {
		o.whole(typeStdout, s.id, nil)
	} else {
		app = 1
	}
	if s.stderr.used {
		o.whole(typeStderr, s.id, nil)
	}
	o.c.sendingEnd(s)
	var room [endLen]byte
	o.whole(typeEnd, s.id, appendEnd(room[:0], end{app: app}))
	return o.send(nil)
}

// noRecord is the header of a record of a version that does not exist.
var noRecord [headerLen]byte

// cut sends what there is of s's response and closes the connection. nginx without
// fastcgi_keep_conn takes a plain end for the response's, keeps its client, and has it read the
// next answer as the rest of this one: a record that cannot be read before the end makes it drop
// its client. Other fronts miss END_REQUEST.
func (c *conn) cut(s *stream) error {
	c.out.raw(noRecord[:])
	err := c.out.flush()
	c.sendingEnd(s)
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	netio.CutTLS(c.nc, false)
	if cerr := c.out.nc.Close(); err == nil {
		err = cerr
	}
	return err
}

// Stderr returns a writer of FCGI_STDERR. Each call is sent at once; fronts log it.
func (s *stream) Stderr() io.Writer { return &s.stderr }

// FullDuplex reports that a response may begin while the request's body is still coming.
func (s *stream) FullDuplex() error { return nil }

// SetReadDeadline bounds the reading of this request's body.
func (s *stream) SetReadDeadline(t time.Time) error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.readBy = t
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
