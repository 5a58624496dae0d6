package netio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
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
			return nil, x.patience.Late(err)
		}
		if status >= 200 || status == http.StatusSwitchingProtocols {
			return x.response(status, h, rest, r)
		}
		r = io.MultiReader(bytes.NewReader(rest), r)
	}
	return nil, errors.New("more than " + strconv.Itoa(maxInterim) + " interim responses")
}

// response makes a response of a final head and what follows it.
func (x *Exchange) response(status int, h http.Header, rest []byte, r io.Reader) (*protocol.Response, error) {
	b := &responseBody{x: x, rest: rest, src: r, tunnel: status == http.StatusSwitchingProtocols}
	b.body = Answer{Protocol: x.Protocol, Request: x.request, Log: x.Log}
	if b.tunnel {
		x.patience.Stop()
		x.conn.SetDeadline(time.Time{})
	}
	err := b.body.Open(status, h, (*rawBody)(b))
	return &protocol.Response{Status: status, Header: h, Body: b}, err
}

// A responseBody is a response's body, up to its declared length or the connection's end. After a 101 it is the connection,
// both ways.
type responseBody struct {
	x      *Exchange
	rest   []byte // what was read together with the head
	tunnel bool
	src    io.Reader // what follows it
	body   Answer
}

func (b *responseBody) Read(p []byte) (n int, err error) {
	n, err = b.body.Read(p)
	if err != nil && err != io.EOF {
		err = b.x.failed("read response", b.x.patience.Late(err))
	}
	return n, err
}

// A rawBody is what comes after the head. It ends with the connection.
type rawBody responseBody

// Pending implements [Raw].
func (b *rawBody) Pending() bool { return len(b.rest) > 0 }

func (b *rawBody) Read(p []byte) (n int, err error) {
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	if !b.tunnel {
		b.x.patience.Piece()
	}
	n, err = b.src.Read(p)
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
