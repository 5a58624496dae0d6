package uwsgi

import (
	"math"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// Decoder implements [protocol.Tracer]. A side's first message is its packet or head, the others
// are pieces of the body as they come. A [protocol.Trace] prints:
//
//	> 0 (WSGI) 0 REQUEST_METHOD="POST" CONTENT_LENGTH="2"
//	> body "hi"
//	< head 200 Content-Type="text/plain"
//	< body "hello"
//
// An RPC call has its block's items as spans, or its variables, and the answer to one its result. A
// packet of another kind that is no request, and the answer to a ping, has its block as one span.
func (Protocol) Decoder(side protocol.Side) protocol.DecodeFunc {
	if side == protocol.ResponseSide {
		return netio.HeadAndBody("uwsgi", decodeResponse)
	}
	return netio.HeadAndBody("uwsgi", decodeRequest)
}

// Decoders implements [protocol.ConnTracer]: the result of a call that asked for it without a
// header (RPC with modifier2 1) is the answer's first byte and all that follow. A response to HEAD
// has no body.
func (Protocol) Decoders() (request, response protocol.DecodeFunc) {
	raw := false
	return netio.HeadsAndBodies("uwsgi", func(b []byte, atEOF bool) protocol.Message {
		h, _ := ConsumeHeader(b)
		raw = h.Modifier1 == ModifierRPC && h.Modifier2 == 1
		return decodeRequest(b, atEOF)
	}, func(b []byte, atEOF bool) (m protocol.Message) {
		if !raw || mayBeStatusLine(b, atEOF) {
			return decodeResponse(b, atEOF)
		}
		m.Title = "result"
		m.Cut(b, len(b), protocol.SpanData, "result", "")
		return m
	})
}

// mayBeStatusLine reports whether b begins as HTTP's responses do, which fronts are answered with,
// or is too short to tell.
func mayBeStatusLine(b []byte, atEOF bool) bool {
	const first = "HTTP/1."
	n := min(len(b), len(first))
	return string(b[:n]) == first[:n] && (n == len(first) || !atEOF)
}

// decodeResponse is the DecodeFunc of what the server answers with: the answer to a ping and to a
// call is a packet, every other is HTTP's.
func decodeResponse(b []byte, atEOF bool) protocol.Message {
	if len(b) > 0 && (Modifier(b[0]) == ModifierPing || Modifier(b[0]) == ModifierRPC) {
		m := decodePacket(b, atEOF, func(h Header) blockKind {
			if h.Modifier1 == ModifierRPC && h.Modifier2 == 5 {
				return variablesBlock // of a long answer, or of a failure
			}
			return plainBlock
		})
		m.Params = nil // they are the response's
		return m
	}
	return netio.DecodeResponseHead(b, atEOF)
}

// decodeRequest is the DecodeFunc of a packet that a client sends.
func decodeRequest(b []byte, atEOF bool) protocol.Message {
	return decodePacket(b, atEOF, func(h Header) blockKind {
		switch {
		case kinds[h.Modifier1].variables, h.Modifier1 == ModifierRPC && h.Modifier2 >= 2 && h.Modifier2 <= 4:
			return variablesBlock
		case h.Modifier1 == ModifierRPC:
			return arrayBlock
		}
		return plainBlock
	})
}

// A blockKind is what a packet's block is made of.
type blockKind int

const (
	plainBlock blockKind = iota // bytes
	variablesBlock
	arrayBlock // strings
)

// decodePacket decodes a packet whose block is of the kind that is returned for its header.
func decodePacket(b []byte, atEOF bool, kindOf func(Header) blockKind) (m protocol.Message) {
	h, block, n := consumePacket(b)
	if n == 0 && !atEOF {
		return m
	}
	if _, whole := ConsumeHeader(b); whole == 0 {
		m.Fail(b, netio.NotWhole("uwsgi", "read packet", b))
		return m
	}
	m.Title = h.Modifier1.String() + " " + strconv.Itoa(int(h.Modifier2))
	m.Params = protocol.Params{}
	rest := m.Cut(b, 1, protocol.SpanFraming, "modifier1", h.Modifier1.String())
	rest = m.Cut(rest, 2, protocol.SpanFraming, "datasize", strconv.Itoa(h.Size))
	rest = m.Cut(rest, 1, protocol.SpanFraming, "modifier2", strconv.Itoa(int(h.Modifier2)))
	if n == 0 {
		m.Fail(rest, netio.NotWhole("uwsgi", "read packet", b))
		return m
	}
	switch kindOf(h) {
	case variablesBlock:
		params, err := ConsumeVariables(block, math.MaxInt)
		if err != nil {
			m.Fail(rest, err)
			break
		}
		m.Params = params
		for len(block) > 0 {
			block = cutSized(&m, block, protocol.SpanName, "key")
			block = cutSized(&m, block, protocol.SpanValue, "val")
		}
	case arrayBlock:
		for len(block) > 0 && ConsumeString(block) <= len(block) {
			block = cutSized(&m, block, protocol.SpanData, "item")
		}
		if len(block) > 0 {
			m.Fail(rest[h.Size-len(block):], fail("read block", protocol.ErrMalformed, "an item is longer than what is left of the block"))
		}
	default:
		if h.Size > 0 {
			m.Cut(block, len(block), protocol.SpanData, "block", "")
		}
	}
	return m
}

// cutSized cuts a string and the size before it off b.
func cutSized(m *protocol.Message, b []byte, kind protocol.SpanKind, field string) (rest []byte) {
	size := ConsumeString(b) - 2
	rest = m.Cut(b, 2, protocol.SpanFraming, field+"_size", strconv.Itoa(size))
	return m.Cut(rest, size, kind, field, "")
}
