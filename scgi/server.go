package scgi

import (
	"net"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// Protocol is SCGI's server side.
type Protocol struct{}

// Name returns "scgi".
func (Protocol) Name() string { return "scgi" }

// Sniff implements [protocol.Sniffer].
func (Protocol) Sniff(first []byte) protocol.Match { return sniff.SCGI.Match(first) }

// NewConn implements [protocol.Protocol].
func (Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	return netio.NewOneRequest(c, lim, &format)
}

var format = netio.Format{Protocol: "scgi", Head: protocol.StatusField, ReadHead: readHead}

// readHead reads the variables and the body's length.
func readHead(c *netio.OneRequest, r *protocol.Request) error {
	if err := c.Fill(2); err != nil {
		return err
	}
	if err := checkProtocol(c); err != nil {
		return err
	}
	size, n, err := consumeLength(c.Buffered())
	for err == nil && n == 0 {
		if err = c.Fill(len(c.Buffered()) + 1); err == nil {
			size, n, err = consumeLength(c.Buffered())
		}
	}
	switch {
	case err != nil:
		return err
	case size > c.Limits.ParamBytes:
		return fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(size), int64(c.Limits.ParamBytes), "bytes"))
	}
	if err := c.Fill(n + size + 1); err != nil {
		return err
	}
	r.Params, r.ContentLength, n, err = consumeRequest(c.Buffered(), c.Limits.ParamCount)
	c.Discard(n)
	return err
}

// checkProtocol refuses another protocol. A client that speaks HTTP gets the error as an HTTP
// response.
func checkProtocol(c *netio.OneRequest) error {
	if sniff.Of(c.Buffered()) == sniff.HTTP {
		c.Encoder.Form = protocol.StatusLine
	}
	return sniff.SCGI.WrongProtocol(c.Buffered())
}
