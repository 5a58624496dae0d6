package netio

import (
	"io"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// HeadAndBody decodes one side of an exchange: a head, by head, and pieces of a body as they come.
// A body that ends before its declared length is told as an error.
func HeadAndBody(protocolName string, head protocol.DecodeFunc) protocol.DecodeFunc {
	return (&exchangeSide{protocol: protocolName, head: head, method: new(string)}).decode
}

// HeadsAndBodies is HeadAndBody for both sides of a connection: a response to HEAD has no body.
func HeadsAndBodies(protocolName string, request, response protocol.DecodeFunc) (req, res protocol.DecodeFunc) {
	method := new(string)
	return (&exchangeSide{protocol: protocolName, head: request, method: method}).decode,
		(&exchangeSide{protocol: protocolName, head: response, method: method}).decode
}

// An exchangeSide is what is known of one side of an exchange.
type exchangeSide struct {
	protocol string
	head     protocol.DecodeFunc
	method   *string // of the request, once it is known
	inBody   bool
	request  bool
	got      int64 // bytes of the body
	length   int64 // as declared; -1: it is not
}

// decode is the side's DecodeFunc.
func (s *exchangeSide) decode(b []byte, atEOF bool) (m protocol.Message) {
	switch {
	case len(b) == 0:
		if s.inBody && s.isShort() {
			m.Fail(nil, ShortBody(s.protocol, s.got, s.length))
		}
	case s.inBody:
		s.got += int64(len(b))
		m.Title = "body"
		m.Cut(b, len(b), protocol.SpanData, "body", "")
	default:
		if m = s.head(b, atEOF); len(m.Spans) > 0 {
			s.inBody = true
			s.length = s.declared(&m, b)
		}
		m.Begins = true
	}
	m.Request = 1
	return m
}

// isShort reports whether a body that ends here has less than was declared. Where the method is not
// known, no body at all may be that of a response to HEAD.
func (s *exchangeSide) isShort() bool {
	return s.got < s.length && (s.request || s.got > 0 || *s.method != "")
}

// declared is the declared length of the body behind a head, which b begins with. -1: there is
// none.
func (s *exchangeSide) declared(m *protocol.Message, b []byte) int64 {
	switch {
	case m.Err() != nil:
		return -1
	case m.Params != nil:
		s.request = true
		*s.method = m.Params.Get("REQUEST_METHOD")
		if n, ok, err := m.Params.ContentLength(); ok && err == nil {
			return n
		}
		return -1
	}
	if *s.method == http.MethodHead {
		return -1
	}
	length, _ := TracedLength(b)
	return length
}

// TracedLength returns the declared length of the body of a response, and the size of the head,
// which b begins with. The length is -1 where none is declared or the status allows no body, the
// size 0 while the head is not whole.
func TracedLength(b []byte) (length int64, head int) {
	status, h, n, err := protocol.ParseHead(b)
	switch {
	case err != nil || n == 0,
		status < 200, status == http.StatusNoContent, status == http.StatusNotModified,
		h.Get("Transfer-Encoding") != "":
		return -1, n
	}
	length, err = strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1, n
	}
	return length, n
}

// ShortBody is the error of a body that ends before its declared length.
func ShortBody(protocolName string, got, length int64) error {
	return &protocol.Error{Protocol: protocolName, Op: "read body", Kind: protocol.ErrAborted,
		Detail: BytesOf(got, length) + " came", Err: io.ErrUnexpectedEOF}
}

// BytesOf says how much of a length has come.
func BytesOf(got, length int64) string {
	return strconv.FormatInt(got, 10) + " of " + strconv.FormatInt(length, 10) + " bytes"
}
