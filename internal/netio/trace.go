package netio

import (
	"bytes"
	"io"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// HeadAndBody decodes one side of an exchange: a head, by head, and pieces of a body as they come.
func HeadAndBody(head protocol.DecodeFunc) protocol.DecodeFunc {
	inBody := false
	return func(b []byte, atEOF bool) (m protocol.Message) {
		if inBody {
			m.Title = "body"
			m.Cut(b, len(b), protocol.SpanData, "body", "")
			return m
		}
		m = head(b, atEOF)
		inBody = len(m.Spans) > 0
		return m
	}
}

// NotWhole is the error of a message that b is a part of, where nothing follows b.
func NotWhole(protocolName, op string, b []byte) error {
	return &protocol.Error{Protocol: protocolName, Op: op, Kind: protocol.ErrMalformed,
		Detail: "the input ends after " + strconv.Itoa(len(b)) + " bytes", Err: io.ErrUnexpectedEOF}
}

// DecodeResponseHead is the DecodeFunc of a response's head, as [protocol.ParseHead] reads it.
func DecodeResponseHead(b []byte, atEOF bool) (m protocol.Message) {
	status, h, n, err := protocol.ParseHead(b)
	if n == 0 && atEOF {
		err = NotWhole("", "read response head", b)
	}
	if err != nil {
		m.Fail(b, err)
		return m
	}
	if n > 0 {
		m.Title = "head " + strconv.Itoa(status)
	}
	for rest := b[:n]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		name, _, isField := bytes.Cut(rest[:end], []byte(":"))
		switch {
		case len(bytes.TrimRight(rest[:end], "\r\n")) == 0:
			rest = m.Cut(rest, end, protocol.SpanFraming, "end of head", "")
		case !isField || bytes.HasPrefix(name, []byte("HTTP/")):
			rest = m.Cut(rest, end, protocol.SpanFraming, "status line", "")
		case len(h.Values(string(name))) == 0: // Status, which the title says
			rest = cutField(&m, rest, len(name), end, protocol.SpanFraming, protocol.SpanFraming)
		default:
			rest = cutField(&m, rest, len(name), end, protocol.SpanName, protocol.SpanValue)
		}
	}
	return m
}

// cutField cuts a field's line, which ends at end, off b.
func cutField(m *protocol.Message, b []byte, name, end int, kindOfName, kindOfValue protocol.SpanKind) (rest []byte) {
	value := bytes.TrimSpace(b[name+1 : end])
	before := 1 + bytes.Index(b[name+1:end], value)
	rest = m.Cut(b, name, kindOfName, "field name", "")
	rest = m.Cut(rest, before, protocol.SpanFraming, "colon", "")
	rest = m.Cut(rest, len(value), kindOfValue, "field value", "")
	return m.Cut(rest, end-name-before-len(value), protocol.SpanFraming, "end of line", "")
}
