package scgi

import (
	"bytes"
	"math"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// Decoder implements [protocol.Tracer]. A side's first message is its head, the others are pieces
// of the body as they come. A [protocol.Trace] prints:
//
//	> request CONTENT_LENGTH="2" SCGI="1" REQUEST_METHOD="POST"
//	> body "hi"
//	< head 200 Content-Type="text/plain"
//	< body "hello"
func (Protocol) Decoder(side protocol.Side) protocol.DecodeFunc {
	if side == protocol.ResponseSide {
		return netio.HeadAndBody("scgi", netio.DecodeResponseHead)
	}
	return netio.HeadAndBody("scgi", decodeRequest)
}

// Decoders implements [protocol.ConnTracer]: a response to HEAD has no body.
func (Protocol) Decoders() (request, response protocol.DecodeFunc) {
	return netio.HeadsAndBodies("scgi", decodeRequest, netio.DecodeResponseHead)
}

// decodeRequest is the DecodeFunc of a request's head.
func decodeRequest(b []byte, atEOF bool) (m protocol.Message) {
	params, _, n, err := consumeRequest(b, math.MaxInt)
	size, digits, sizeErr := consumeLength(b)
	if n == 0 && err == nil {
		if !atEOF {
			return m
		}
		err = netio.NotWhole("scgi", "read head", b)
	}
	rest := b
	if digits > 0 && sizeErr == nil {
		rest = m.Cut(rest, digits-1, protocol.SpanFraming, "length", strconv.Itoa(size))
		rest = m.Cut(rest, 1, protocol.SpanFraming, "colon", "")
	}
	if err != nil {
		m.Fail(rest, err)
		return m
	}
	m.Title, m.Params = "request", params
	for end := len(b) - n + 1; len(rest) > end; {
		rest = cutString(&m, rest, protocol.SpanName, "name")
		rest = cutString(&m, rest, protocol.SpanValue, "value")
	}
	m.Cut(rest, 1, protocol.SpanFraming, "comma", "")
	return m
}

// cutString cuts a string and the NUL after it off b.
func cutString(m *protocol.Message, b []byte, kind protocol.SpanKind, field string) (rest []byte) {
	rest = m.Cut(b, bytes.IndexByte(b, 0), kind, field, "")
	return m.Cut(rest, 1, protocol.SpanFraming, "NUL", "")
}
