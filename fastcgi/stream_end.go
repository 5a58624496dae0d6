package fastcgi

import (
	"net/http"
	"runtime"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

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
		err = s.end(cause)
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
// reading can pin at most one request beyond Limits.Requests. It reports whether others are served.
func (c *conn) sendingEnd(s *stream) (others bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending++
	c.leave(s)
	return c.running > 1
}

// end sends what is left of s's response, and END_REQUEST. Where other requests are served, those
// that are about to end do so first: many short responses leave in one write.
func (s *stream) end(cause error) error {
	o := &s.c.out
	s.startsWriting()
	defer s.stopsWriting()
	o.mu.Lock()
	defer o.mu.Unlock()
	if others := o.end(s, cause); others {
		sent := o.sent
		o.mu.Unlock()
		s.stopsWriting()
		runtime.Gosched()
		s.startsWriting()
		o.mu.Lock()
		if o.sent != sent {
			return o.err
		}
		o.seal()
	}
	return o.send(nil)
}

// end buffers what is left of s's response, and END_REQUEST, and reports whether other requests are
// served. The lock is held.
func (o *output) end(s *stream, cause error) (others bool) {
	var app uint32
	if cause == nil {
		o.whole(typeStdout, s.id, nil)
	} else {
		app = 1
	}
	if s.stderr.used {
		o.whole(typeStderr, s.id, nil)
	}
	others = o.c.sendingEnd(s)
	var room [endLen]byte
	o.whole(typeEnd, s.id, appendEnd(room[:0], end{app: app}))
	return others
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
