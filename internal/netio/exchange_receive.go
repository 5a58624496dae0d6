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

// maxInterim is how many 1xx heads a backend may send before the final one. None should: the fronts
// of these protocols take the first for the final one.
const maxInterim = 8

// receive reads the response's head.
func (x *Exchange) receive() (*protocol.Response, error) {
	x.in = pushback{r: x.conn}
	for range maxInterim + 1 {
		begin := &beginning{r: &x.in}
		status, h, rest, err := protocol.ReadHead(begin, x.lim.ResponseHead)
		x.heard = x.heard || begin.n > 0
		if err == nil && x.HTTP != nil {
			err = begin.http()
		}
		if err != nil {
			return nil, x.patience.Late(err)
		}
		x.in.back(rest)
		if status >= 200 || status == http.StatusSwitchingProtocols {
			return x.response(status, h, begin)
		}
	}
	return nil, errors.New("more than " + strconv.Itoa(maxInterim) + " interim responses")
}

// A pushback is a reader to which can be given back what was read too much.
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

// back gives p back, which is b's from now on.
func (b *pushback) back(p []byte) { b.rest = append(p, b.rest...) }

// A beginning remembers how what is read by it begins.
type beginning struct {
	r     io.Reader
	first [len("HTTP/1.1 ")]byte
	n     int
}

func (b *beginning) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += copy(b.first[b.n:], p[:n])
	return n, err
}

// http refuses a head that is not HTTP/1's: that of a CGI script has no status line.
func (b *beginning) http() error {
	if strings.HasPrefix(string(b.first[:b.n]), "HTTP/1.") {
		return nil
	}
	return badHead(protocol.ErrMalformed, "no status line of HTTP/1 but "+strconv.Quote(string(b.first[:b.n])))
}

// persists reports whether the backend will take another request on the connection (RFC 9112
// section 9.3).
func (b *beginning) persists(h http.Header) bool {
	if string(b.first[:]) == "HTTP/1.0 " {
		return h["Transfer-Encoding"] == nil && httpguts.HeaderValuesContainsToken(h["Connection"], "keep-alive")
	}
	return !httpguts.HeaderValuesContainsToken(h["Connection"], "close")
}

// response makes a response of a final head and what follows it.
func (x *Exchange) response(status int, h http.Header, begin *beginning) (*protocol.Response, error) {
	b := &responseBody{x: x, tunnel: status == http.StatusSwitchingProtocols}
	b.persists = x.HTTP != nil && !b.tunnel && begin.persists(h)
	b.body = Answer{Protocol: x.Protocol, Request: x.request, Log: x.Log}
	if b.tunnel {
		x.stop() // a client that ends its own direction has not gone
		x.patience.Stop()
		x.conn.SetDeadline(time.Time{})
	}
	err := b.body.Open(status, h, (*rawBody)(b))
	return &protocol.Response{Status: status, Header: h, Body: b}, err
}

// A responseBody is a response's body, up to its declared length or the connection's end. After a
// 101 it is the connection, both ways.
type responseBody struct {
	x        *Exchange
	tunnel   bool
	persists bool // the connection is good for another request
	body     Answer
}

func (b *responseBody) Read(p []byte) (n int, err error) {
	n, err = b.body.Read(p)
	switch err {
	case nil:
	case io.EOF:
		b.keep()
	default:
		err = b.x.failed("read response", b.x.patience.Late(err))
	}
	return n, err
}

// keep keeps the connection of a response that is whole for another request, if nothing else was
// read from it.
func (b *responseBody) keep() {
	x := b.x
	if !b.persists || !x.sent.Load() || !b.body.Alone() || len(x.in.rest) > 0 {
		return
	}
	x.once.Do(func() {
		x.patience.Stop()
		if x.conn.SetDeadline(time.Time{}); x.stop() {
			x.HTTP.put(x.conn)
			return
		}
		x.conn.Close()
	})
}

// A rawBody is what comes after the head. It ends with the connection.
type rawBody responseBody

// Pending implements [Raw].
func (b *rawBody) Pending() bool { return len(b.x.in.rest) > 0 || Pending(Socket(b.x.conn)) }

func (b *rawBody) Read(p []byte) (n int, err error) {
	if !b.tunnel && len(b.x.in.rest) == 0 {
		b.x.patience.Piece()
	}
	n, err = b.x.in.Read(p)
	if err != io.EOF || b.tunnel {
		return n, err
	}
	if cause := context.Cause(b.x.ctx); cause != nil {
		return n, cause
	}
	if err := b.x.end(); err != nil {
		return n, err
	}
	return n, io.EOF
}

// Write writes to the backend after a 101.
func (b *responseBody) Write(p []byte) (int, error) { return b.x.conn.Write(p) }

// CloseWrite ends the writing side after a 101. Where the connection has no end of one side alone,
// the whole has to be closed instead.
func (b *responseBody) CloseWrite() error {
	if c, ok := b.x.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return http.ErrNotSupported
}

// Close may come while another goroutine reads or writes.
func (b *responseBody) Close() error {
	if b.body.None() {
		b.keep()
	}
	b.x.close()
	return nil
}
