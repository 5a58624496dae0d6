package fastcgi

import (
	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/netio"
)

// A piece is a record that is being sent.
type piece [headerLen + fullContent + headerLen + len(zeros)]byte

var pieces bufpool.Pool[piece]

// sharedPiece is the content of a record in bytes where a full one would be too much to hold beside
// what others hold. Its buffer is one of bufpool.KiB16. HAProxy, which multiplexes, takes no more
// in one piece.
const sharedPiece = 16_000

// holdPiece returns how many bytes the connection may hold of an answer, for a record of their own:
// fullContent or sharedPiece, or 0 where even that would be too much: the answer then goes by a
// buffer of bufpool.KiB4, which does not count. The others count until givePiece.
func (c *conn) holdPiece() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch spare := c.spare(); {
	case c.open == 1 && !c.multi, spare >= len(piece{}):
		n = fullContent
	case spare >= netio.BufferSize:
		n = sharedPiece
	}
	c.hold(n)
	return n
}

func (c *conn) givePiece(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold(-n)
}
