package uwsgi

import (
	"context"
	"io"
	"net"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// Protocol is uwsgi's server side.
type Protocol struct{}

// Name returns "uwsgi".
func (Protocol) Name() string { return "uwsgi" }

// NewConn implements [protocol.Protocol].
func (Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	s := new(conn)
	s.Init(c, lim)
	s.KeepInput(&s.keep)
	s.body.Conn = &s.Conn
	s.enc = netio.Encoder{Conn: &s.Conn, Body: &s.body, Form: protocol.StatusLine}
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
	r := &protocol.Request{Body: &c.body, Protocol: "uwsgi", Peer: c.RemoteAddr()}
	c.enc.Request = r
	err := c.readHead(r)
	switch {
	case err == nil:
		c.body.Expect(r.ContentLength)
		return r, &c.enc, nil
	case err == errPing:
		return nil, nil, c.pong()
	}
	c.body.Expect(-1) // whatever still comes is to be drained
	return r, &c.enc, c.HeadError("uwsgi", err)
}

// readHead reads r's modifiers, its variables and its body's length.
func (c *conn) readHead(r *protocol.Request) error {
	if err := c.Fill(headerSize); err != nil {
		return err
	}
	if err := protocol.WrongProtocol("uwsgi", c.Buffered()); err != nil {
		return err
	}
	h, n := consumeHeader(c.Buffered())
	r.Modifier1, r.Modifier2 = uint8(h.modifier1), h.modifier2
	switch {
	case h.modifier1 != kindPing && !h.modifier1.isRequest():
		return fail("read head", protocol.ErrUnsupported, "modifier1 "+h.modifier1.String())
	case h.size > c.Limits.ParamBytes:
		return fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(h.size), int64(c.Limits.ParamBytes), "bytes"))
	}
	if err := c.Fill(n + h.size); err != nil {
		return err
	}
	_, block, n := consumePacket(c.Buffered())
	c.Discard(n)
	if h.modifier1 == kindPing {
		return errPing
	}
	var err error
	if r.Params, err = consumeBlock(block, c.Limits.ParamCount); err != nil {
		return err
	}
	if h.modifier1 == kindStripped {
		strip(r)
	}
	r.ContentLength, _, err = r.DeclaredLength()
	return err
}

// Close implements [protocol.Conn].
func (c *conn) Close() error { return c.Finish() }
