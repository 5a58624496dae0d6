package fastcgi

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A stream is one request of a connection, and the Encoder that answers it. It is made for one
// request and never used again, so that a handler that holds on to it does no harm to another.
type stream struct {
	req protocol.Request

	c    *conn
	id   uint16
	keep bool // the front wants the connection to stay

	// Guarded by c.mu.
	state   state
	dead    bool      // its records are skipped
	dropped bool      // the connection was closed before it was served
	begun   time.Time // when BEGIN_REQUEST came; zero until the rest of the head must be waited for
	params  paramText // the reader's
	failed  error     // why it will not be served
	held    int       // bytes of memory that its variables take
	torn    bool      // PARAMS are no pairs

	cond     sync.Cond // where the handler waits for a body
	stdin    bodyStream
	data     bodyStream
	dataRead int64     // bytes of data that the handler has
	readBy   time.Time // the handler's own deadline; zero: never
	ownRead  bool      // it has set that

	taken atomic.Pointer[protocol.Error] // the front has taken the request back, or broken it
	encoder
}

// A state is how far a request has come.
type state uint8

const (
	inHead  state = iota // PARAMS are not whole
	isReady              // Next will give it
	serving              // Next has given it
	over                 // its END_REQUEST is being sent
)

func newStream(c *conn, id uint16, role protocol.Role, keep bool) *stream {
	s := &stream{c: c, id: id, keep: keep}
	s.cond.L = &c.mu
	s.stdin.s, s.data.s, s.stderr.s = s, s, s
	s.req.Protocol, s.req.Peer, s.req.Role = Name, c.peer, role
	s.req.ContentLength = -1
	return s
}

// add makes s active. The lock is held, here and below.
func (c *conn) add(s *stream) {
	if c.streams == nil {
		c.streams = make(map[uint16]*stream)
	}
	c.streams[s.id] = s
	c.open++
	c.heads++
	c.hold(streamCost)
	c.multi = c.multi || s.id != 1
}

// forget makes s inactive before its handler was called.
func (c *conn) forget(s *stream) {
	if s.state == inHead {
		c.heads--
	}
	if i := slices.Index(c.ready, s); i >= 0 {
		c.ready = slices.Delete(c.ready, i, i+1)
	}
	s.state, s.dead = over, true
	s.release()
	delete(c.streams, s.id)
	c.leave(s)
	c.left()
}

// leave takes s, whose handler has returned or was never called, from the count, before END_REQUEST
// is sent: the peer may begin another request once it sees that, or must find that there is to be
// none.
func (c *conn) leave(s *stream) {
	c.open--
	c.hold(-streamCost)
	c.closing = c.closing || !s.keep
}

// left is leave's second half, when END_REQUEST has been sent.
func (c *conn) left() {
	if c.empty() {
		// whoever reads now waits for a request: another deadline, and CloseIdle may end it
		c.poke()
	}
}

// head returns the active request of that id, if its PARAMS are still coming.
func (c *conn) head(id uint16) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[id]; s != nil && s.state == inHead && !s.dead {
		return s
	}
	return nil
}

// refuse fails one request. The lock is not held.
func (c *conn) refuse(s *stream, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuseLocked(s, err)
}

// refuseLocked fails one request: the core answers it if it is not yet being served.
func (c *conn) refuseLocked(s *stream, err error) {
	switch s.state {
	case inHead:
		s.failed, s.params = err, paramText{}
		c.hold(-s.held)
		s.held = 0
		c.enqueue(s)
	case isReady:
		s.failed = err
	case serving:
		s.abort(err)
	}
	s.dead = true
}

// enqueue has Next give s.
func (c *conn) enqueue(s *stream) {
	s.state = isReady
	c.heads--
	c.ready = append(c.ready, s)
	c.next.Signal()
	if !c.leading && c.more != nil {
		c.more() // a handler read this from the connection: somebody must come for it
	}
}

// parse makes a request of s, whose PARAMS are b.
func (s *stream) parse(b []byte) error {
	params, err := consumeParams(b, s.c.lim.ParamCount)
	s.torn = errors.Is(err, protocol.ErrMalformed)
	if err != nil {
		return err
	}
	s.req.Params = params
	s.c.mu.Lock()
	err = s.c.holdParams(s, len(b)+paramCost*len(params))
	s.c.mu.Unlock()
	if err != nil {
		return err
	}
	return s.setLengths()
}

// whole has Next give s, whose PARAMS are whole, or its failure. What of STDIN is known already
// says whether it has a body.
func (c *conn) whole(s *stream, err error) error {
	if err == nil && c.peekEnd(&s.stdin) && s.req.ContentLength < 0 {
		s.req.ContentLength = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.torn {
		return c.broken(s, err)
	}
	if err != nil {
		c.refuseLocked(s, err)
	} else if !s.dead {
		c.work.Request(len(s.req.Params))
		c.enqueue(s)
	}
	return nil
}

// broken fails a request with what its peer did against the protocol, and with it the connection:
// it returns the error to end that with. Where the request's answer tells it, that is not logged a
// second time.
func (c *conn) broken(s *stream, err error) error {
	c.told = c.told || s.state < serving
	c.refuseLocked(s, err)
	return err
}

// setLengths sets what the variables say of the request.
func (s *stream) setLengths() (err error) {
	r := &s.req
	switch r.Role {
	case protocol.Authorizer:
		r.ContentLength, s.stdin.drop = 0, true
		return nil
	case protocol.Filter:
		r.Data = &s.data
		if r.DataLength, err = number(r.Params, "FCGI_DATA_LENGTH"); err != nil {
			return err
		}
	}
	r.Body = &s.stdin
	n, told, err := r.DeclaredLength()
	if r.ContentLength = n; !told {
		r.ContentLength = -1
	}
	if err != nil && r.Params.Get("CONTENT_LENGTH") == unknown {
		return nil
	}
	return err
}

// unknown is how Caddy 2.6 writes a length that it does not know.
const unknown = "-1"

// number returns the value of a variable that holds a number of bytes, -1 where it is missing or
// empty, or unknown.
func number(params protocol.Params, name string) (int64, error) {
	v := params.Get(name)
	if v == "" || v == unknown {
		return -1, nil
	}
	return parseNumber(name, v)
}

func parseNumber(name, value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || value[0] < '0' || value[0] > '9' {
		return -1, malformed("read params", name+" "+strconv.Quote(protocol.Clip(value))+" is not a number of bytes")
	}
	return n, nil
}

// abort ends the context of a request that is being served, and all that its handler still reads or
// writes.
func (s *stream) abort(cause error) {
	e, _ := cause.(*protocol.Error)
	s.taken.CompareAndSwap(nil, e)
	s.lose(cause)
}

// lose ends the context and the input of a request; its answer may still arrive.
func (s *stream) lose(cause error) {
	s.stdin.end(cause)
	s.data.end(cause)
	s.req.Cancel(cause)
}

// bodies are what a handler reads.
func (s *stream) bodies() [2]*bodyStream { return [...]*bodyStream{&s.stdin, &s.data} }

// reads is how often the handler has read its body.
func (s *stream) reads() int { return s.stdin.reads + s.data.reads }

// release gives back what the request holds.
func (s *stream) release() {
	s.stdin.release()
	s.data.release()
	s.c.hold(-s.held)
	s.held = 0
}
