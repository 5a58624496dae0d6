package gateway

import (
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// An HTTPTracer says of each byte of HTTP/1 what it is (RFC 9112). Its zero value is ready to use.
// A [protocol.Trace] prints:
//
//	> request HTTP/1.1 POST "/echo" Host="localhost" Content-Length="2"
//	> body "hi"
//	< head 200 Transfer-Encoding="chunked"
//	< chunk 5 "hello"
//	< last chunk
//
// What follows a 101, or the answer to CONNECT, is data to the end. Of one side alone a response to
// HEAD cannot be told from another.
type HTTPTracer struct{}

// Name implements [protocol.Tracer].
func (HTTPTracer) Name() string { return "http" }

// Sniff says whether a connection of HTTP may begin so, as [protocol.Sniffer] has it.
func (HTTPTracer) Sniff(first []byte) protocol.Match { return sniff.HTTP.Match(first) }

// Decoder implements [protocol.Tracer].
func (t HTTPTracer) Decoder(side protocol.Side) protocol.DecodeFunc {
	request, response := t.Decoders()
	if side == protocol.ResponseSide {
		return response
	}
	return request
}

// Decoders implements [protocol.ConnTracer].
func (HTTPTracer) Decoders() (request, response protocol.DecodeFunc) {
	c := new(tracedConn)
	return (&tracedSide{conn: c, head: (*tracedSide).requestHead}).decode,
		(&tracedSide{conn: c, head: (*tracedSide).responseHead}).decode
}

// A tracedConn is what both sides of a connection know.
type tracedConn struct {
	asked  []tracedMethod // by the requests whose response has not begun
	tunnel bool           // no more HTTP follows
}

// A tracedMethod is what a request's method says of its response.
type tracedMethod uint8

const (
	methodOther tracedMethod = iota
	methodHead
	methodConnect
)

// next takes the method of the request that the next response answers.
func (c *tracedConn) next() tracedMethod {
	if len(c.asked) == 0 {
		return methodOther
	}
	m := c.asked[0]
	c.asked = c.asked[1:]
	return m
}

// A tracedSide decodes one side.
type tracedSide struct {
	conn    *tracedConn
	head    func(*tracedSide, []byte, bool) protocol.Message
	at      tracedPlace
	left    uint64 // bytes of the body, or of the chunk
	length  uint64 // of the same, as declared
	unsure  bool   // it may answer HEAD
	request int    // the number of the current one
	interim bool   // responses of 1xx came, and the final one has not
}

// A tracedPlace is what comes next.
type tracedPlace uint8

const (
	atHead tracedPlace = iota
	atBody
	atChunk
	atChunkData
	atChunkEnd
	atRest // all that follows
)

// decode is a side's DecodeFunc.
func (s *tracedSide) decode(b []byte, atEOF bool) (m protocol.Message) {
	switch {
	case len(b) == 0:
		if err := s.endsEarly(); err != nil {
			m.Fail(nil, err)
		}
	case s.at == atHead && s.conn.tunnel:
		s.at = atRest
		fallthrough
	case s.at == atRest:
		m.Title = "body"
		if s.conn.tunnel {
			m.Title = "tunnel"
		}
		m.Cut(b, len(b), protocol.SpanData, "data", "")
	case s.at == atHead:
		m = s.head(s, b, atEOF)
	case s.at == atBody:
		m.Title = "body"
		if s.cutData(&m, b); s.left == 0 {
			s.end(&m)
		}
	case s.at == atChunk:
		m = s.chunk(b, atEOF)
	default:
		m.Title = "body"
		s.restOfChunk(&m, b, atEOF)
	}
	m.Request = s.request
	return m
}

// end says that the message is the last one of its request or response.
func (s *tracedSide) end(m *protocol.Message) {
	m.Ends = true
	s.at = atHead
}

// cutData cuts off b what it has of the body or the chunk.
func (s *tracedSide) cutData(m *protocol.Message, b []byte) (rest []byte) {
	n := len(b)
	if uint64(n) > s.left {
		n = int(s.left)
	}
	s.left -= uint64(n)
	return m.Cut(b, n, protocol.SpanData, "data", "")
}
