package netio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// maxInterim is how many 1xx heads a backend may send before the final one. None should: the fronts of these protocols take the first
// for the final one.
const maxInterim = 8

// receive reads the response's head.
func (x *Exchange) receive() (*protocol.Response, error) {
	r := io.Reader(x.conn)
	for range maxInterim + 1 {
		status, h, rest, err := protocol.ReadHead(r, x.lim.ResponseHead)
		if err != nil {
			return nil, err
		}
		if len(rest) > 0 {
			r = io.MultiReader(bytes.NewReader(rest), r)
		}
		if status >= 200 || status == http.StatusSwitchingProtocols {
			return x.response(status, h, r)
		}
	}
	return nil, errors.New("more than " + strconv.Itoa(maxInterim) + " interim responses")
}

// response makes a response of a final head and what follows it.
func (x *Exchange) response(status int, h http.Header, r io.Reader) (*protocol.Response, error) {
	b := &responseBody{x: x, src: r, left: -1}
	coding := strings.Join(h["Transfer-Encoding"], ", ")
	delete(h, "Transfer-Encoding")
	var err error
	switch {
	case status == http.StatusSwitchingProtocols:
		x.conn.SetDeadline(time.Time{}) // from here on it is a tunnel
		b.told = true
	case x.request.Method() == http.MethodHead, status == http.StatusNoContent, status == http.StatusNotModified:
		b.left = 0
	case strings.EqualFold(coding, "chunked"): // a backend that takes us for HTTP; every front would pass the framing on as text
		delete(h, "Content-Length")
		b.src, b.told = httputil.NewChunkedReader(r), true
	case coding != "":
		err = &protocol.Error{Op: "parse", Kind: protocol.ErrUnsupported, Detail: "Transfer-Encoding " + strconv.Quote(coding)}
	default:
		b.left, err = contentLength(h["Content-Length"])
	}
	return &protocol.Response{Status: status, Header: h, Body: b}, err
}

// contentLength reads a declared length, which may be there more than once if it is the same: -1 is none.
func contentLength(values []string) (int64, error) {
	length := int64(-1)
	for _, v := range values {
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil || length >= 0 && int64(n) != length {
			return -1, &protocol.Error{Op: "parse", Kind: protocol.ErrMalformed, Detail: "Content-Length " + strconv.Quote(v)}
		}
		length = int64(n)
	}
	return length, nil
}

// A responseBody is a response's body, up to its declared length or the connection's end. After a 101 it is the connection,
// both ways.
type responseBody struct {
	x    *Exchange
	src  io.Reader // what was read together with the head, then the connection
	left int64     // bytes of the declared length to come; -1: none declared
	told bool      // an end is one by itself: a chunk's, or one direction's of a tunnel
	err  error
}

func (b *responseBody) Read(p []byte) (n int, err error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.left == 0:
		return 0, io.EOF
	case b.left > 0 && int64(len(p)) > b.left:
		p = p[:b.left]
	}
	n, err = b.src.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	b.err = b.verdict(err)
	return n, b.err
}

// verdict tells a whole response from one that was cut.
func (b *responseBody) verdict(err error) error {
	switch {
	case b.left == 0:
		return io.EOF
	case err == nil:
		return nil
	case err == io.EOF && b.told:
		return io.EOF
	case err == io.EOF && b.left < 0 && context.Cause(b.x.ctx) == nil:
		if err := b.x.end(); err != nil {
			return b.x.failed("read response", err)
		}
		return io.EOF
	case err == io.EOF && b.left > 0:
		return b.x.failed("read response", &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream,
			Detail: strconv.FormatInt(b.left, 10) + " bytes short of its Content-Length", Err: io.ErrUnexpectedEOF})
	}
	return b.x.failed("read response", err)
}

// Write writes to the backend after a 101.
func (b *responseBody) Write(p []byte) (int, error) { return b.x.conn.Write(p) }

// CloseWrite ends the writing side after a 101.
func (b *responseBody) CloseWrite() error {
	if c, ok := b.x.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// Close may come while another goroutine reads or writes.
func (b *responseBody) Close() error {
	b.x.close()
	return nil
}
