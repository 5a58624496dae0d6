package fastcgi

import "sync"

// A piece is a record that is being sent.
type piece [headerLen + fullContent + headerLen + len(zeros)]byte

var pieces = sync.Pool{New: func() any { return new(piece) }}

// sharedPiece is the content of a record in bytes where a full one would be too much to hold beside
// what others hold. It is in one of the inputs. HAProxy, which multiplexes, takes no more in one
// piece.
const sharedPiece = 16_000

// A smallPiece is a piece of an answer where even that would be too much.
type smallPiece [4 << 10]byte

var smallPieces = sync.Pool{New: func() any { return new(smallPiece) }}

// holdPiece returns how many bytes the connection may hold of an answer, for a record of their own:
// fullContent, sharedPiece or 0, for a smallPiece. They count until givePiece.
func (c *conn) holdPiece() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch spare := c.spare(); {
	case c.open == 1 && !c.multi, spare >= len(piece{}):
		n = fullContent
	case spare >= inputSize:
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
