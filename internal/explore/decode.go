package explore

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// cgiDecoder decodes what a CGI program is given, its environment and then its standard input, and
// what it writes.
func cgiDecoder(side protocol.Side) protocol.DecodeFunc {
	if side == protocol.ResponseSide {
		return decoderOfResponse()
	}
	return netio.HeadAndBody(decodeEnviron)
}

// decodeEnviron is the DecodeFunc of an environment: strings that each end in a NUL byte. Its end
// is told by no byte but by the kernel; here it is the last string that has an equals sign.
func decodeEnviron(b []byte, atEOF bool) (m protocol.Message) {
	if !atEOF {
		return m
	}
	environ, stdin := cutEnviron(b)
	if len(environ) == 0 {
		m.Fail(b, &protocol.Error{Protocol: "cgi", Op: "read environment", Kind: protocol.ErrMalformed, Detail: "no string NAME=value that ends in a NUL byte"})
		return m
	}
	m.Title = "environment"
	for rest := b[:len(b)-len(stdin)]; len(rest) > 0; {
		end := bytes.IndexByte(rest, 0)
		name := bytes.IndexByte(rest, '=')
		rest = m.Cut(rest, name, protocol.SpanName, "name", "")
		rest = m.Cut(rest, 1, protocol.SpanFraming, "equals sign", "")
		rest = m.Cut(rest, end-name-1, protocol.SpanValue, "value", "")
		rest = m.Cut(rest, 1, protocol.SpanFraming, "NUL", "")
	}
	return m
}

// cutEnviron cuts an environment off b.
func cutEnviron(b []byte) (environ []string, rest []byte) {
	for {
		end := bytes.IndexByte(b, 0)
		if end < 0 || bytes.IndexByte(b[:end], '=') < 1 {
			return environ, b
		}
		environ = append(environ, string(b[:end]))
		b = b[end+1:]
	}
}

// httpDecoder decodes a side of an HTTP/1.1 connection that carries one request.
func httpDecoder(side protocol.Side) protocol.DecodeFunc {
	if side == protocol.ResponseSide {
		return decoderOfResponse()
	}
	return netio.HeadAndBody(decodeHTTPRequest)
}

// decodeHTTPRequest is the DecodeFunc of a request's head, as net/http reads it.
func decodeHTTPRequest(b []byte, atEOF bool) (m protocol.Message) {
	// an error in a line shows once the line is whole: then the head is read as if it ended here
	lines := b[:bytes.LastIndexByte(b, '\n')+1]
	r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(lines), strings.NewReader("\r\n\r\n"))))
	whole := bytes.Contains(b, []byte("\n\r\n")) || bytes.Contains(b, []byte("\n\n"))
	switch {
	case len(lines) > 0 && err != nil:
		m.Fail(b, badHTTP(err))
		return m
	case !whole && !atEOF:
		return m
	case !whole:
		m.Fail(b, netio.NotWhole("http", "read head", b))
		return m
	}
	m.Title = "request " + r.Method
	rest := cutRequestLine(&m, b)
	for {
		end := bytes.IndexByte(rest, '\n') + 1
		line := bytes.TrimRight(rest[:end], "\r\n")
		if len(line) == 0 {
			m.Cut(rest, end, protocol.SpanFraming, "end of head", "")
			return m
		}
		rest = cutHTTPField(&m, rest, len(line), end)
	}
}

// cutRequestLine cuts the first line off b (RFC 9112 section 3).
func cutRequestLine(m *protocol.Message, b []byte) (rest []byte) {
	end := bytes.IndexByte(b, '\n') + 1
	line := bytes.TrimRight(b[:end], "\r\n")
	method := bytes.IndexByte(line, ' ')
	version := bytes.LastIndexByte(line, ' ')
	rest = m.Cut(b, method, protocol.SpanFraming, "method", string(line[:method]))
	rest = m.Cut(rest, 1, protocol.SpanFraming, "space", "")
	rest = m.Cut(rest, version-method-1, protocol.SpanFraming, "request target", string(line[method+1:version]))
	rest = m.Cut(rest, 1, protocol.SpanFraming, "space", "")
	rest = m.Cut(rest, len(line)-version-1, protocol.SpanFraming, "HTTP version", string(line[version+1:]))
	return m.Cut(rest, end-len(line), protocol.SpanFraming, "end of line", "")
}

// cutHTTPField cuts a field's line of so many bytes, which ends at end, off b.
func cutHTTPField(m *protocol.Message, b []byte, line, end int) (rest []byte) {
	name := bytes.IndexByte(b[:line], ':')
	if name < 0 {
		name = line - 1
	}
	value := bytes.Trim(b[name+1:line], " \t")
	before := 1 + bytes.Index(b[name+1:line], value)
	rest = m.Cut(b, name, protocol.SpanName, "field name", "")
	rest = m.Cut(rest, before, protocol.SpanFraming, "colon", "")
	rest = m.Cut(rest, len(value), protocol.SpanValue, "field value", "")
	return m.Cut(rest, end-name-before-len(value), protocol.SpanFraming, "end of line", "")
}

// parseHTTP reads a request as net/http's server does.
func parseHTTP(request []byte) (*protocol.Request, error) {
	hr, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		return nil, badHTTP(err)
	}
	r := &protocol.Request{Protocol: "http", Body: hr.Body, ContentLength: hr.ContentLength, Params: protocol.Pairs(
		"REQUEST_METHOD", hr.Method, "REQUEST_URI", hr.RequestURI, "SERVER_PROTOCOL", hr.Proto, "HTTP_HOST", hr.Host)}
	if hr.ContentLength > 0 {
		r.Params.Add("CONTENT_LENGTH", strconv.FormatInt(hr.ContentLength, 10))
	}
	for name, values := range hr.Header {
		for _, value := range values {
			r.Params.Set(variableOf(name), value)
		}
	}
	return r, takeBody(r)
}

// badHTTP is an error of net/http's as one of ours.
func badHTTP(err error) error {
	if errors.Is(err, protocol.ErrMalformed) {
		return err
	}
	return &protocol.Error{Protocol: "http", Op: "read head", Kind: protocol.ErrMalformed, Err: err}
}
