package explore

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// cgiDecoder decodes what a CGI program is given, its environment and then its standard input, and
// what it writes.
func cgiDecoder(side protocol.Side) protocol.DecodeFunc {
	if side == protocol.ResponseSide {
		return decoderOfResponse()
	}
	return netio.HeadAndBody("cgi", decodeEnviron)
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
