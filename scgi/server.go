package scgi

import (
	"context"
	"errors"
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
	s.body.Conn = &s.Conn
	s.enc = netio.Encoder{Conn: &s.Conn, Body: &s.body, Form: protocol.StatusField}
	return s
}

// A conn is a connection with its one request.
type conn struct {
	netio.Conn
	body netio.Body
	enc  netio.Encoder
	done bool // the request has been given
}

// Next implements [protocol.Conn].
func (c *conn) Next(context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.done {
		return nil, nil, io.EOF
	}
	c.done = true
	if err := c.Wait(); err != nil {
		return nil, nil, err
	}
	params, length, err := c.readHead()
	if err != nil {
		return nil, &c.enc, c.explain(err)
	}
	c.body.Left = length
	return &protocol.Request{
		Params: params, Body: &c.body, ContentLength: length, Protocol: "scgi", Peer: c.RemoteAddr(),
	}, &c.enc, nil
}

func (c *conn) readHead() (protocol.Params, int64, error) {
	if err := c.Fill(2); err != nil {
		return nil, 0, err
	}
	if err := protocol.WrongProtocol("scgi", c.Buffered()); err != nil {
		return nil, 0, err
	}
	length, n, err := consumeLength(c.Buffered())
	for err == nil && n == 0 {
		if err = c.Fill(len(c.Buffered()) + 1); err == nil {
			length, n, err = consumeLength(c.Buffered())
		}
	}
	switch {
	case err != nil:
		return nil, 0, err
	case length > c.Limits.ParamBytes:
		return nil, 0, fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(length), int64(c.Limits.ParamBytes), "bytes"))
	}
	if err := c.Fill(n + length + 1); err != nil {
		return nil, 0, err
	}
	block := c.Buffered()[n : n+length]
	if end := c.Buffered()[n+length]; end != ',' {
		return nil, 0, fail("read head", protocol.ErrMalformed, "the netstring does not end in a comma")
	}
	params, size, err := consumeBlock(block, c.Limits.ParamCount)
	c.Discard(n + length + 1)
	return params, size, err
}

// explain gives an error of the connection itself its place.
func (c *conn) explain(err error) error {
	c.body.Left = -1 // whatever still comes is to be drained
	if _, ok := errors.AsType[*protocol.Error](err); ok {
		return err
	}
	return &protocol.Error{Protocol: "scgi", Op: "read head", Kind: protocol.ErrAborted, Detail: "the connection ended", Err: err}
}

// Close implements [protocol.Conn].
func (c *conn) Close() error { return c.body.Finish() }
