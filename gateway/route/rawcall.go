package route

import (
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A rawCall is rpcraw.
type rawCall struct{ invocation }

// Do implements [Action].
func (c *rawCall) Do(x *Exchange) (Result, error) {
	b, err := c.call(x)
	switch {
	case err != nil:
		return Break, err
	case len(b) == 0:
		return Next, nil
	}
	status, fields, body, err := parseResponse(b)
	if err != nil {
		return Break, &protocol.Error{Op: "route: call " + strconv.Quote(c.String()), Kind: protocol.ErrUpstream, Err: err}
	}
	if x.late() {
		return Break, nil
	}
	return Break, x.respond(status, fields, body)
}

// parseResponse reads a whole HTTP response. Its header has no Content-Length.
func parseResponse(b []byte) (status int, fields http.Header, body []byte, err error) {
	status, fields, n, err := protocol.ParseHead(b)
	switch {
	case err != nil:
		return 0, nil, nil, err
	case n <= len("\r\n"):
		return 0, nil, nil, errors.New("the result is no HTTP response: a status line or fields, and an empty line, are meant")
	case status < 200:
		return 0, nil, nil, errors.New("status " + strconv.Itoa(status) + " is no final one")
	}
	body = b[n:]
	if length := fields.Get("Content-Length"); length != "" && length != strconv.Itoa(len(body)) {
		return 0, nil, nil, errors.New("the result has " + strconv.Itoa(len(body)) + " bytes of body, and declares " + protocol.Clip(length))
	}
	fields.Del("Content-Length")
	netio.CleanHeader(status, fields)
	return status, fields, body, nil
}

// respond answers with a response.
func (x *Exchange) respond(status int, fields http.Header, body []byte) error {
	x.Note("answers status %d and %d bytes", status, len(body))
	x.begun = true
	h := x.w.Header()
	h["Content-Type"] = nil // only the function knows it
	maps.Copy(h, fields)
	if len(body) > 0 {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	apply(x.edits, h)
	x.w.WriteHeader(status)
	if len(body) == 0 {
		return nil
	}
	_, err := x.w.Write(body)
	return err
}
