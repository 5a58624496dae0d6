package netio

import (
	"bytes"
	"io"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

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
	rest := b[:n]
	if bytes.HasPrefix(rest, []byte("HTTP/")) {
		rest = m.Cut(rest, bytes.IndexByte(rest, '\n')+1, protocol.SpanFraming, "status line", "")
	}
	// Status is said by the title.
	CutFields(&m, rest, "end of head", func(name string) bool { return len(h.Values(name)) > 0 })
	return m
}

// CutFields cuts b, lines of header fields and the empty line after them, which is called end. A
// field is shown whose name shown returns true for; another is framing.
func CutFields(m *protocol.Message, b []byte, end string, shown func(name string) bool) {
	for rest := b; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n') + 1
		name, _, isField := bytes.Cut(rest[:n], []byte(":"))
		switch {
		case len(bytes.TrimRight(rest[:n], "\r\n")) == 0:
			rest = m.Cut(rest, n, protocol.SpanFraming, end, "")
		case !isField || rest[0] == ' ' || rest[0] == '\t':
			rest = m.Cut(rest, n, protocol.SpanFraming, "folded line", "")
		case shown(string(name)):
			rest = cutField(m, rest, len(name), n, protocol.SpanName, protocol.SpanValue)
		default:
			rest = cutField(m, rest, len(name), n, protocol.SpanFraming, protocol.SpanFraming)
		}
	}
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
