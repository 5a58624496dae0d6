package uwsgi

import (
	"net"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// Protocol is uwsgi's server side.
type Protocol struct {
	// Kinds serve packets of further kinds on the same connections: [ModifierRPC], for one. A kind
	// that has no row is refused with 501. Those that the protocol serves by itself, requests and
	// pings, are not looked for here. The map must not be changed once in use.
	Kinds map[Modifier]Kind
}

// Name returns "uwsgi".
func (Protocol) Name() string { return "uwsgi" }

// Sniff implements [protocol.Sniffer]. Any bytes are a weak match: modifier1 may be any byte.
func (Protocol) Sniff(first []byte) protocol.Match { return sniff.UWSGI.Match(first) }

// NewConn implements [protocol.Protocol].
func (p Protocol) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	o := netio.NewOneRequest(c, lim, &format)
	o.Own = p.Kinds
	return o
}

var format = netio.Format{Protocol: "uwsgi", Head: protocol.StatusLine, ReadHead: readHead}

// readHead reads a packet and r's modifiers, and has the packet's kind read the block.
func readHead(c *netio.OneRequest, r *protocol.Request) error {
	if err := c.Fill(HeaderSize); err != nil {
		return err
	}
	if err := sniff.UWSGI.WrongProtocol(c.Buffered()); err != nil {
		return err
	}
	h, n := ConsumeHeader(c.Buffered())
	r.Modifier1, r.Modifier2 = uint8(h.Modifier1), h.Modifier2
	read := kinds[h.Modifier1].read
	if read == nil {
		var err error
		if read, err = open(c, r, h); err != nil {
			return err
		}
	}
	if h.Size > c.Limits.ParamBytes {
		return fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(h.Size), int64(c.Limits.ParamBytes), "bytes"))
	}
	if len(c.Buffered()) < n+h.Size {
		expectBlock(c)
	}
	if err := c.Fill(n + h.Size); err != nil {
		return err
	}
	_, block, n := consumePacket(c.Buffered())
	c.Discard(n)
	return read(c, r, block)
}
