package gateway

import (
	"bytes"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// chunk decodes the line with a chunk's size, and what there is of the chunk behind it. Behind the
// last chunk it takes the trailers (RFC 9112 section 7.1).
func (s *tracedSide) chunk(b []byte, atEOF bool) (m protocol.Message) {
	end := bytes.IndexByte(b, '\n') + 1
	line := bytes.TrimRight(b[:end], "\r\n")
	digits, _, _ := bytes.Cut(line, []byte(";"))
	size, ok := hexadecimal(bytes.TrimRight(digits, " \t"))
	last := 0 // where the last chunk ends
	if ok && size == 0 {
		last = lastChunk(b, end)
	}
	switch {
	case end > 0 && !ok:
		m.Fail(b, traceFailed("a chunk's size is no hexadecimal number: "+quoted(line)))
		return m
	case end == 0 || size == 0 && last == 0:
		if atEOF {
			m.Fail(b, netio.NotWhole("http", "read chunk", b))
		}
		return m
	}
	rest := m.Cut(b, len(digits), protocol.SpanFraming, "chunk-size", strconv.FormatUint(size, 10))
	if n := len(line) - len(digits); n > 0 {
		rest = m.Cut(rest, n, protocol.SpanFraming, "chunk-ext", "")
	}
	rest = m.Cut(rest, end-len(line), protocol.SpanFraming, "end of line", "")
	if size == 0 {
		m.Title = "last chunk"
		netio.CutFields(&m, rest[:last-end], "end of body", func(string) bool { return true })
		s.end(&m)
		return m
	}
	m.Title = "chunk " + strconv.FormatUint(size, 10)
	s.at, s.left, s.length = atChunkData, size, size
	if len(rest) > 0 {
		s.restOfChunk(&m, rest, atEOF)
	}
	return m
}

// lastChunk returns where the empty line behind the trailers ends, which begin at from. 0: it has
// not come.
func lastChunk(b []byte, from int) int {
	for at := from; ; {
		n := bytes.IndexByte(b[at:], '\n') + 1
		if n == 0 {
			return 0
		}
		at += n
		if len(bytes.TrimRight(b[at-n:at], "\r\n")) == 0 {
			return at
		}
	}
}

// restOfChunk cuts what b has of a chunk's data, and the end of the line behind it.
func (s *tracedSide) restOfChunk(m *protocol.Message, b []byte, atEOF bool) {
	if s.at == atChunkData {
		if b = s.cutData(m, b); s.left > 0 {
			return
		}
		s.at = atChunkEnd
	}
	const crlf = "\r\n"
	switch n := min(len(b), len(crlf)); {
	case string(b[:n]) != crlf[:n]:
		m.Fail(b, traceFailed("no end of line behind a chunk"))
	case n == len(crlf):
		m.Cut(b, n, protocol.SpanFraming, "end of chunk", "")
		s.at = atChunk
	case n > 0 && atEOF && len(m.Spans) == 0:
		m.Fail(b, netio.NotWhole("http", "read chunk", b))
	}
}

// traceFailed is the error of bytes that are not HTTP.
func traceFailed(detail string) error {
	return &protocol.Error{Protocol: "http", Op: "decode", Kind: protocol.ErrMalformed, Detail: detail}
}
