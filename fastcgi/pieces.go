package fastcgi

import "sync"

// A piece is a record that is being sent.
type piece [headerLen + fullContent + headerLen + len(zeros)]byte

var pieces = sync.Pool{New: func() any { return new(piece) }}

// A smallPiece is a piece of an answer where a full record would be too much to hold.
type smallPiece [4 << 10]byte

var smallPieces = sync.Pool{New: func() any { return new(smallPiece) }}

// holdPiece reports whether the connection may hold a full record, and then counts it until
// givePiece.
func (c *conn) holdPiece() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open > 1 && c.spare() < len(piece{}) {
		return false
	}
	c.hold(len(piece{}))
	return true
}

func (c *conn) givePiece() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold(-len(piece{}))
}
