package netio

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/protocol"
)

// A Stream is an Exchange whose connection carries the request as a head and a body, and the
// response as HTTP/1 or CGI write it: SCGI, uwsgi, HTTP. Its AnyLength says that the backend speaks
// HTTP/1.1. Else the connection ends with the response.
type Stream struct {
	Exchange
	encode func(*protocol.Request) ([]byte, error)
	in     pushback // reads the connection
}

// RoundTrip sends r, with the head that encode makes of it, and reads the response's head.
func (x *Stream) RoundTrip(ctx context.Context, r *protocol.Request, encode func(*protocol.Request) ([]byte, error)) (*protocol.Response, error) {
	x.encode = encode
	return x.Exchange.RoundTrip(ctx, r, x)
}

// Encode implements [Wire].
func (x *Stream) Encode(r *protocol.Request) ([]byte, []Part, error) {
	head, err := x.encode(r)
	body := Part{Body: r.Body, Again: r.GetBody, Length: r.ContentLength, Framing: plain}
	if r.ContentLength < 0 && r.Body != nil {
		body.Framing = chunked
	}
	return head, []Part{body}, err
}

// MaxInterim is how many 1xx heads a backend may send before the final one. Over SCGI, uwsgi and
// FastCGI it should send none: the fronts take the first head for the final one.
const MaxInterim = 8

// ErrInterim is the error of a backend that sends more.
var ErrInterim = errors.New("more than " + strconv.Itoa(MaxInterim) + " interim responses")

// Receive implements [Wire].
func (x *Stream) Receive() (*protocol.Response, error) {
	x.in = pushback{r: x.Conn}
	for range MaxInterim + 1 {
		prefix := &headPrefix{r: &x.in}
		status, h, rest, err := protocol.ReadHead(prefix, x.Lim.ResponseHead)
		x.ResponseBegan = x.ResponseBegan || prefix.n > 0
		if err == nil && x.AnyLength {
			err = prefix.requireHTTP()
		}
		if err != nil {
			return nil, err
		}
		x.in.unread(rest)
		if status >= 200 || status == http.StatusSwitchingProtocols {
			return x.response(status, h, prefix)
		}
	}
	return nil, ErrInterim
}

// A pushback is a reader to which bytes that were read too far can be returned.
type pushback struct {
	rest []byte
	r    io.Reader
}

func (b *pushback) Read(p []byte) (n int, err error) {
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	return b.r.Read(p)
}

// unread returns p to the reader, which owns it from now on.
func (b *pushback) unread(p []byte) { b.rest = append(p, b.rest...) }

// A headPrefix is a reader that records the first bytes of what is read.
type headPrefix struct {
	r     io.Reader
	bytes [len("HTTP/1.1 ")]byte
	n     int
}

func (b *headPrefix) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += copy(b.bytes[b.n:], p[:n])
	return n, err
}

// requireHTTP returns an error unless the head begins with a status line of HTTP/1.
func (b *headPrefix) requireHTTP() error {
	if strings.HasPrefix(string(b.bytes[:b.n]), "HTTP/1.") {
		return nil
	}
	return badHead(protocol.ErrMalformed, "no status line of HTTP/1 but "+strconv.Quote(string(b.bytes[:b.n])))
}

// persists reports whether the backend will take another request on the connection (RFC 9112
// section 9.3).
func (b *headPrefix) persists(h http.Header) bool {
	if string(b.bytes[:]) == "HTTP/1.0 " {
		return h["Transfer-Encoding"] == nil && httpguts.HeaderValuesContainsToken(h["Connection"], "keep-alive")
	}
	return !httpguts.HeaderValuesContainsToken(h["Connection"], "close")
}

// response makes the response of a final head. The body is what follows on the connection.
func (x *Stream) response(status int, h http.Header, prefix *headPrefix) (*protocol.Response, error) {
	b := &responseBody{x: x, tunnel: status == http.StatusSwitchingProtocols}
	b.persists = x.AnyLength && !b.tunnel && prefix.persists(h)
	b.body = Answer{Protocol: x.protocol, Request: x.Request, Log: x.Pool.Log, Lines: &x.Pool.Lines}
	if b.tunnel {
		x.stop() // a client that ends its own direction has not gone
		x.timeout.Stop()
		x.Conn.SetDeadline(time.Time{})
	}
	err := b.body.Open(status, h, (*rawBody)(b))
	return &protocol.Response{Status: status, Header: h, Body: b}, err
}

// A responseBody is a response's body, up to its declared length or the connection's end. After a
// 101 it is the connection, both ways.
type responseBody struct {
	x        *Stream
	tunnel   bool
	persists bool // the backend keeps the connection open for another request
	body     Answer
}

func (b *responseBody) Read(p []byte) (n int, err error) {
	n, err = b.body.Read(p)
	switch {
	case err == io.EOF && !b.tunnel:
		b.finish()
	case err != nil && err != io.EOF:
		err = b.x.Failed("read response", err)
	}
	return n, err
}

// finish ends the exchange after a response that is whole. The connection is kept if nothing beyond
// the response was read.
func (b *responseBody) finish() {
	if first, free := b.x.ResponseEnded(); first {
		b.x.PutOrClose(free && b.persists && b.body.Alone() && len(b.x.in.rest) == 0)
	}
}

// Write writes to the backend after a 101.
func (b *responseBody) Write(p []byte) (int, error) { return b.x.Conn.Write(p) }

// CloseWrite closes the writing side after a 101. It fails if the connection has no half-close.
func (b *responseBody) CloseWrite() error {
	if c, ok := b.x.Conn.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return http.ErrNotSupported
}

// Close may come while another goroutine reads or writes.
func (b *responseBody) Close() error {
	if b.body.None() {
		b.finish()
	}
	b.x.Close()
	return nil
}

// A rawBody reads what follows the head, up to the end of the connection.
type rawBody responseBody

// Pending implements [Raw].
func (b *rawBody) Pending() bool { return len(b.x.in.rest) > 0 || Pending(Socket(b.x.Conn.Conn)) }

func (b *rawBody) Read(p []byte) (n int, err error) {
	if !b.tunnel && len(b.x.in.rest) == 0 {
		b.x.Piece()
	}
	n, err = b.x.in.Read(p)
	if err != io.EOF || b.tunnel {
		return n, err
	}
	if cause := context.Cause(b.x.ctx); cause != nil {
		return n, cause
	}
	if err := b.x.closeConn(); err != nil {
		return n, err
	}
	return n, io.EOF
}
