package fastcgi

import (
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// Decoder implements [protocol.Tracer]. A message is a record, whose spans have the names of
// section 3.3; both sides are decoded alike. Content that its type does not allow is a span of
// data. So are the parts of name-value pairs in a record that does not have each of its pairs
// whole. A [protocol.Trace] prints:
//
//	> BEGIN_REQUEST 1 RESPONDER
//	> PARAMS 1 REQUEST_METHOD="GET"
//	> PARAMS 1 end
func (Protocol) Decoder(side protocol.Side) protocol.DecodeFunc {
	return newRecordDecoder(side, make(map[uint16]bool)).decode
}

// Decoders implements [protocol.ConnTracer]: a response to HEAD has no body.
func (Protocol) Decoders() (request, response protocol.DecodeFunc) {
	isHead := make(map[uint16]bool)
	return newRecordDecoder(protocol.RequestSide, isHead).decode, newRecordDecoder(protocol.ResponseSide, isHead).decode
}

// A recordDecoder decodes records.
type recordDecoder struct {
	side     protocol.Side
	requests map[uint16]*tracedRequest // by their id
	held     int                       // bytes of the requests' params and of heads of responses
	isHead   map[uint16]bool           // of each request whose method is known, on both sides
}

func newRecordDecoder(side protocol.Side, isHead map[uint16]bool) *recordDecoder {
	return &recordDecoder{side: side, requests: make(map[uint16]*tracedRequest), isHead: isHead}
}

// decode is the decoder's DecodeFunc.
func (d *recordDecoder) decode(b []byte, atEOF bool) (m protocol.Message) {
	if len(b) == 0 {
		d.endEarly(&m)
		return m
	}
	h, content, n, err := consumeRecord(b)
	if n == 0 && err == nil {
		if !atEOF {
			return m
		}
		err = netio.NotWhole(Name, "read record", b)
	}
	rest := b
	if _, whole, _ := consumeHeader(b); whole > 0 {
		rest = cutHeader(&m, b, h)
	}
	if err != nil {
		m.Fail(rest, err)
		return m
	}
	m.Title = h.typ.String() + " " + strconv.Itoa(int(h.id))
	short := d.place(&m, h, content)
	switch {
	case len(content) > 0:
		d.cutContent(&m, h, content)
	case h.typ.isStream():
		m.Title += " end"
	}
	m.Title += short
	if h.padding > 0 {
		m.Cut(rest[h.content:], h.padding, protocol.SpanFraming, "paddingData", "")
	}
	return m
}

// isStream reports whether records of the type are pieces of a stream, which an empty one ends.
func (t recordType) isStream() bool {
	switch t {
	case typeParams, typeStdin, typeStdout, typeStderr, typeData:
		return true
	}
	return false
}

func cutHeader(m *protocol.Message, b []byte, h header) (rest []byte) {
	rest = m.Cut(b, 1, protocol.SpanFraming, "version", strconv.Itoa(version1))
	rest = m.Cut(rest, 1, protocol.SpanFraming, "type", h.typ.String())
	rest = m.Cut(rest, 2, protocol.SpanFraming, "requestId", strconv.Itoa(int(h.id)))
	rest = m.Cut(rest, 2, protocol.SpanFraming, "contentLength", strconv.Itoa(h.content))
	rest = m.Cut(rest, 1, protocol.SpanFraming, "paddingLength", strconv.Itoa(h.padding))
	return m.Cut(rest, 1, protocol.SpanFraming, "reserved", "")
}

// cutContent cuts the content of a record, b, which is not empty, and adds what it says to the
// title.
func (d *recordDecoder) cutContent(m *protocol.Message, h header, b []byte) {
	switch h.typ {
	case typeBegin:
		if x, n := consumeBegin(b); n == len(b) {
			cutBegin(m, b, x)
			return
		}
	case typeEnd:
		if x, n := consumeEnd(b); n == len(b) {
			cutEnd(m, b, x)
			return
		}
	case typeUnknown:
		if x, n := consumeUnknown(b); n == len(b) {
			m.Title += " " + x.String()
			rest := m.Cut(b, 1, protocol.SpanFraming, "type", x.String())
			m.Cut(rest, unknownLen-1, protocol.SpanFraming, "reserved", "")
			return
		}
	case typeParams:
		d.cutParams(m, h.id, b)
		return
	case typeGetValues, typeGetValuesResult:
		if areWholePairs(b) {
			cutPairs(m, b)
			return
		}
	}
	m.Cut(b, len(b), protocol.SpanData, "contentData", "")
}

// cutParams cuts a piece of a stream of name-value pairs, which may begin and end within a pair.
func (d *recordDecoder) cutParams(m *protocol.Message, id uint16, b []byte) {
	s := &d.request(id).splitter
	if !s.midway() && areWholePairs(b) {
		cutPairs(m, b)
		return
	}
	s.cut(m, b)
}

func cutBegin(m *protocol.Message, b []byte, x begin) {
	role, flags := name(wireRoleNames[:], int(x.role), "ROLE_"), strconv.Itoa(int(b[2]))
	m.Title += " " + role
	if x.keep {
		flags += " KEEP_CONN"
		m.Title += " KEEP_CONN"
	}
	rest := m.Cut(b, 2, protocol.SpanFraming, "role", role)
	rest = m.Cut(rest, 1, protocol.SpanFraming, "flags", flags)
	m.Cut(rest, beginLen-3, protocol.SpanFraming, "reserved", "")
}

func cutEnd(m *protocol.Message, b []byte, x end) {
	app := strconv.FormatUint(uint64(x.app), 10)
	m.Title += " " + x.status.String() + " " + app
	rest := m.Cut(b, 4, protocol.SpanFraming, "appStatus", app)
	rest = m.Cut(rest, 1, protocol.SpanFraming, "protocolStatus", x.status.String())
	m.Cut(rest, endLen-5, protocol.SpanFraming, "reserved", "")
}

// areWholePairs reports whether b is name-value pairs, each of them whole.
func areWholePairs(b []byte) bool {
	for len(b) > 0 {
		_, _, n := consumePair(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}

// cutPairs cuts b, which is whole pairs.
func cutPairs(m *protocol.Message, b []byte) {
	for len(b) > 0 {
		name, value, _ := consumePair(b)
		b = m.Cut(b, lengthBytes(b), protocol.SpanFraming, "nameLength", strconv.Itoa(len(name)))
		b = m.Cut(b, lengthBytes(b), protocol.SpanFraming, "valueLength", strconv.Itoa(len(value)))
		b = m.Cut(b, len(name), protocol.SpanName, "nameData", "")
		b = m.Cut(b, len(value), protocol.SpanValue, "valueData", "")
	}
}

// lengthBytes is how many bytes the length takes with which b begins.
func lengthBytes(b []byte) int {
	_, n := consumeLength(b)
	return n
}
