package gateway

import (
	"bufio"
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// requestHead decodes a request's head, as net/http reads it.
func (s *tracedSide) requestHead(b []byte, atEOF bool) (m protocol.Message) {
	blank := len(b) - len(bytes.TrimLeft(b, "\r\n")) // net/http bears blank lines before a request
	n := lastChunk(b, blank)
	if err := notMethod(b[blank:]); err != nil {
		m.Fail(b, err)
		return m
	}
	if n == 0 || blank == len(b) {
		if atEOF {
			m.Fail(b, netio.NotWhole("http", "read head", b))
		}
		return m
	}
	hr, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b[blank:n])))
	if err != nil {
		m.Fail(b, traceFailed(err.Error()))
		return m
	}
	s.request++
	m.Title, m.Begins = "request "+hr.Proto, true
	rest := b[:n]
	if blank > 0 {
		rest = m.Cut(rest, blank, protocol.SpanFraming, "blank lines", "")
	}
	cutRequestLine(&m, rest, hr)
	m.Params = tracedParams(&m, hr)
	s.conn.asked = append(s.conn.asked, methodOf(hr))
	switch {
	case len(hr.TransferEncoding) > 0:
		s.at = atChunk
	case hr.ContentLength > 0:
		s.expect(uint64(hr.ContentLength))
	default:
		s.end(&m)
	}
	return m
}

// notMethod returns an error if b cannot begin a request's line.
func notMethod(b []byte) error {
	method, _, _ := bytes.Cut(b, []byte(" "))
	for i, c := range method {
		if !httpguts.IsTokenRune(rune(c)) {
			return traceFailed("byte " + strconv.Itoa(i+1) + " of the request is of no method: " + strconv.QuoteRune(rune(c)))
		}
	}
	return nil
}

func methodOf(hr *http.Request) tracedMethod {
	switch hr.Method {
	case http.MethodHead:
		return methodHead
	case http.MethodConnect:
		return methodConnect
	}
	return methodOther
}

// cutRequestLine cuts a head, b, from the request's line on.
func cutRequestLine(m *protocol.Message, b []byte, hr *http.Request) {
	end := bytes.IndexByte(b, '\n') + 1
	line := bytes.TrimRight(b[:end], "\r\n")
	target := len(line) - len(hr.Proto) - 1 // where it ends
	rest := m.Cut(b, len(hr.Method), protocol.SpanFraming, "method", hr.Method)
	m.Title += " " + hr.Method
	rest = m.Cut(rest, 1, protocol.SpanFraming, "space", "")
	rest = m.Cut(rest, target-len(hr.Method)-1, protocol.SpanData, "request-target", "")
	rest = m.Cut(rest, 1, protocol.SpanFraming, "space", "")
	rest = m.Cut(rest, len(hr.Proto), protocol.SpanFraming, "HTTP-version", hr.Proto)
	rest = m.Cut(rest, end-len(line), protocol.SpanFraming, "end of line", "")
	netio.CutFields(m, rest, "end of head", func(string) bool { return true })
}

// tracedParams are the variables that a head, which m has been cut from, is for a gateway.
func tracedParams(m *protocol.Message, hr *http.Request) protocol.Params {
	_, query, _ := strings.Cut(hr.RequestURI, "?")
	p := protocol.Pairs("REQUEST_METHOD", hr.Method, "REQUEST_URI", hr.RequestURI, "QUERY_STRING", query, "SERVER_PROTOCOL", hr.Proto)
	name := ""
	for _, span := range m.Spans {
		switch span.Kind {
		case protocol.SpanName:
			name = strings.ReplaceAll(strings.ToUpper(string(span.Bytes)), "-", "_")
			if name != "CONTENT_TYPE" && name != "CONTENT_LENGTH" {
				name = "HTTP_" + name
			}
		case protocol.SpanValue:
			p.Add(name, string(span.Bytes))
		}
	}
	return p
}

// responseHead decodes a response's head, and finds the length of its body (RFC 9112 section 6.3).
func (s *tracedSide) responseHead(b []byte, atEOF bool) (m protocol.Message) {
	const first = "HTTP/"
	if n := min(len(b), len(first)); string(b[:n]) != first[:n] {
		m.Fail(b, traceFailed("a response begins with HTTP/"))
		return m
	}
	if m = netio.DecodeResponseHead(b, atEOF); len(m.Spans) == 0 || m.Err() != nil {
		return m
	}
	status, h, _, _ := protocol.ParseHead(b)
	if !s.interim {
		s.request++
		m.Begins = true
	}
	if s.interim = status < 200 && status != http.StatusSwitchingProtocols; s.interim {
		return m
	}
	s.unsure = len(s.conn.asked) == 0
	asked := s.conn.next()
	length, hasLength := decimal([]byte(strings.TrimSpace(h.Get("Content-Length"))))
	switch {
	case status == http.StatusSwitchingProtocols, asked == methodConnect && status/100 == 2:
		s.conn.tunnel = true
		s.at = atRest
	case asked == methodHead, status == http.StatusNoContent, status == http.StatusNotModified:
		s.end(&m)
	case httpguts.HeaderValuesContainsToken(h["Transfer-Encoding"], "chunked"):
		s.at = atChunk
	case !hasLength:
		s.at = atRest
	case length == 0:
		s.end(&m)
	default:
		s.expect(uint64(length))
	}
	return m
}
