package uwsgi

import (
	"net"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// Protocol is uwsgi's server side.
type Protocol struct{}

// Name returns "uwsgi".
func (Protocol) Name() string { return "uwsgi" }

// Sniff implements [protocol.Sniffer]. Any bytes are a weak match: modifier1 may be any byte.
func (Protocol) Sniff(first []byte) protocol.Match { return sniff.UWSGI.Match(first) }

// NewConn implements [protocol.Protocol].
func (Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	return netio.NewOneRequest(c, lim, &format)
}

var format = netio.Format{Protocol: "uwsgi", Head: protocol.StatusLine, ReadHead: readHead}

// readHead reads r's modifiers, its variables and its body's length. A ping is answered.
func readHead(c *netio.OneRequest, r *protocol.Request) error {
	if err := c.Fill(headerSize); err != nil {
		return err
	}
	if err := sniff.UWSGI.WrongProtocol(c.Buffered()); err != nil {
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
		return answerPing(c)
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
