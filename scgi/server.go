package scgi

import (
	"context"
	"io"
	"net"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// Protocol is SCGI's server side.
type Protocol struct{}

// Name returns "scgi".
func (Protocol) Name() string { return "scgi" }

// NewConn implements [protocol.Protocol].
func (Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	s := new(conn)
	s.Init(c, lim)
	s.KeepInput(&s.keep)
	s.body.Conn = &s.Conn
	s.enc = netio.Encoder{Conn: &s.Conn, Body: &s.body, Form: protocol.StatusField}
	return s
}

// A conn is a connection with its one request.
type conn struct {
	netio.Conn
	keep netio.Keep
	body netio.Body
	enc  netio.Encoder
	done bool // the request has been given
}

// Next implements [protocol.Conn].
func (c *conn) Next(context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.done {
		c.Free()
		return nil, nil, io.EOF
	}
	c.done = true
	if err := c.Wait(); err != nil {
		return nil, nil, err
	}
	r := &protocol.Request{Body: &c.body, Protocol: "scgi", Peer: c.RemoteAddr()}
	c.enc.Request = r
	var err error
	if r.Params, r.ContentLength, err = c.readHead(); err != nil {
		c.body.Expect(-1) // whatever still comes is to be drained
		return r, &c.enc, c.HeadError("scgi", err)
	}
	c.body.Expect(r.ContentLength)
	return r, &c.enc, nil
}

// readHead reads the variables and the body's length.
func (c *conn) readHead() (protocol.Params, int64, error) {
	if err := c.Fill(2); err != nil {
		return nil, 0, err
	}
	if err := c.sniff(); err != nil {
		return nil, 0, err
	}
	size, n, err := consumeLength(c.Buffered())
	for err == nil && n == 0 {
		if err = c.Fill(len(c.Buffered()) + 1); err == nil {
			size, n, err = consumeLength(c.Buffered())
		}
	}
	switch {
	case err != nil:
		return nil, 0, err
	case size > c.Limits.ParamBytes:
		return nil, 0, fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(size), int64(c.Limits.ParamBytes), "bytes"))
	}
	if err := c.Fill(n + size + 1); err != nil {
		return nil, 0, err
	}
	p, length, n, err := consumeRequest(c.Buffered(), c.Limits.ParamCount)
	c.Discard(n)
	return p, length, err
}

// sniff refuses another protocol in plain words, which HTTP can read as its own.
func (c *conn) sniff() error {
	if protocol.Sniff(c.Buffered()) == "http" {
		c.enc.Form = protocol.StatusLine
	}
	return protocol.WrongProtocol("scgi", c.Buffered())
}

// Close implements [protocol.Conn].
func (c *conn) Close() error { return c.Finish() }
