package fastcgi

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// manage handles a record with id 0.
func (c *conn) manage(h header) error {
	c.work.Waste(throttle.AnswerWork)
	switch {
	case h.typ == typeGetValues:
		c.multiplexes()
		if h.content == 0 {
			return c.answerValues(nil)
		}
		if c.holdControl(h.content) {
			c.rec.sink = toControl
		}
	case h.typ >= typeBegin && h.typ <= typeData:
		return malformed("read "+h.typ.String(), "request id 0")
	case h.typ == typeGetValuesResult || h.typ == typeUnknown:
		// Answers to what was never asked: an answer to them might go on for ever.
	default:
		return c.out.control(appendRecord(nil, typeUnknown, 0, appendUnknown(nil, h.typ)))
	}
	return nil
}

// answerValues answers a GET_VALUES with the content b: one record with what was asked for and is
// known (section 4.1).
func (c *conn) answerValues(b []byte) error {
	c.work.Waste(len(b) / 16)
	var answer protocol.Params
	for len(b) > 0 {
		name, _, n := consumePair(b)
		if n == 0 {
			return malformed("read GET_VALUES", "the record ends within a pair")
		}
		if v, ok := c.value(name); ok {
			if _, twice := answer.Lookup(string(name)); !twice {
				answer.Add(string(name), strconv.Itoa(v))
			}
		}
		b = b[n:]
	}
	return c.out.control(appendRecord(nil, typeGetValuesResult, 0, appendParams(nil, answer)))
}

// value is what is true of this connection.
func (c *conn) value(name []byte) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch string(name) {
	case maxConnsName:
		return c.proto.MaxConns, c.proto.MaxConns > 0
	case maxReqsName:
		return c.fits(), true
	case mpxsConnsName:
		return min(c.fits()-1, 1), true
	}
	return 0, false
}

// capacity is the number of requests that may be open at once.
func (c *conn) capacity() int {
	if c.more == nil {
		return 1
	}
	return c.lim.Requests
}

// multiplexes notes a sign that the peer will have several requests at once.
func (c *conn) multiplexes() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.multi = true
}

// begin handles a BEGIN_REQUEST with the content b.
func (c *conn) begin(id uint16, b []byte) error {
	req, _ := consumeBegin(b)
	c.mu.Lock()
	s := c.streams[id]
	if s != nil {
		defer c.mu.Unlock()
		return c.broken(s, malformed("read BEGIN_REQUEST", "request id "+strconv.Itoa(int(id))+" is already active"))
	}
	answer, why := c.accept(id, req)
	c.mu.Unlock()
	if answer == nil {
		return nil
	}
	c.work.Waste(throttle.AnswerWork)
	err := c.out.control(answer)
	if c.refused != nil {
		c.tellRefused(why)
	}
	return err
}

// accept opens a stream for a new request, or returns the records that refuse it, and why.
func (c *conn) accept(id uint16, req begin) (answer []byte, why protocolStatus) {
	status := requestComplete
	role, known := roleOf(req.role)
	switch {
	case !known:
		status = unknownRole
	case c.closing:
		status = overloaded
	case c.open >= c.capacity() && c.capacity() == 1:
		status = cantMpxConn
	case c.open >= c.capacity(), !c.holdsMore():
		status = overloaded
	default:
		c.add(newStream(c, id, role, req.keep))
		return nil, status
	}
	why = status
	if !req.keep {
		c.closing, c.linger = true, true
	}
	if after := c.retryAfter(); status != unknownRole && after > 0 {
		page := "Status: 503 Service Unavailable\r\nRetry-After: " + protocol.RetrySeconds(after) + "\r\nContent-Length: 0\r\n\r\n"
		answer = appendRecord(nil, typeStdout, id, []byte(page))
		answer = appendRecord(answer, typeStdout, id, nil)
		status = requestComplete
	}
	return appendRecord(answer, typeEnd, id, appendEnd(nil, end{status: status})), why
}

// retryAfter is what a request that does not fit is told; negative: nothing.
func (c *conn) retryAfter() time.Duration { return cmp.Or(c.proto.RetryAfter, time.Second) }

func roleOf(wire uint16) (protocol.Role, bool) {
	switch wire {
	case wireResponder:
		return protocol.Responder, true
	case wireAuthorizer:
		return protocol.Authorizer, true
	case wireFilter:
		return protocol.Filter, true
	}
	return 0, false
}

// abort handles an ABORT_REQUEST (section 5.4). One for a request that is not active is ignored.
func (c *conn) abort(id uint16) error {
	c.mu.Lock()
	s := c.streams[id]
	if s == nil {
		c.mu.Unlock()
		return nil
	}
	c.work.Waste(throttle.AbortWork)
	if s.state == serving {
		s.abort(fail(protocol.ErrAborted, "serve", "ABORT_REQUEST", nil))
		c.mu.Unlock()
		return nil
	}
	whole := s.state == isReady
	c.forget(s)
	c.mu.Unlock()
	err := c.out.control(appendRecord(nil, typeEnd, id, appendEnd(nil, end{app: 1})))
	if whole && c.refused != nil {
		c.refused(&s.req, 0, fail(protocol.ErrAborted, "serve", "ABORT_REQUEST", nil))
	}
	return err
}

// refused is what [protocol.Refuser] is given.
type refused func(r *protocol.Request, status int, err error)

// TellRefused implements protocol.Refuser.
func (c *conn) TellRefused(tell func(r *protocol.Request, status int, err error)) { c.refused = tell }

// tellRefused tells of a request that was refused before anything of it was read.
func (c *conn) tellRefused(why protocolStatus) {
	e := &protocol.Error{Protocol: Name, Op: "read BEGIN_REQUEST", Kind: protocol.ErrTooLarge, Detail: why.String()}
	switch {
	case why == unknownRole:
		e.Kind = protocol.ErrUnsupported
	case c.retryAfter() > 0:
		e.Status = http.StatusServiceUnavailable
	}
	c.refused(&protocol.Request{Protocol: Name, Peer: c.peer}, e.Status, e)
}
