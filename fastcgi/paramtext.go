package fastcgi

import "bytes"

// A paramText is what has come of a request's PARAMS where that is more than one record. It is held
// in pieces, and so grows without a copy that would be garbage.
type paramText struct {
	pieces [][]byte
	size   int // bytes that have come
	room   int // and that there is room for
}

// largestPiece bounds what is allocated before it has come.
const largestPiece = 16 << 10

// wants returns the size of the piece that n bytes more need, which is 0 if they fit. Up to spare
// bytes of it may be for what comes later.
func (t *paramText) wants(n, spare int) int {
	need := t.size + n - t.room
	if need <= 0 {
		return 0
	}
	return max(need, min(t.room, largestPiece, need+spare))
}

// grow adds a piece.
func (t *paramText) grow(size int) {
	t.pieces = append(t.pieces, make([]byte, 0, size))
	t.room += size
}

// add appends b, for which there is room in the last two pieces.
func (t *paramText) add(b []byte) {
	t.size += len(b)
	for i := max(0, len(t.pieces)-2); len(b) > 0; i++ {
		p := t.pieces[i]
		n := min(len(b), cap(p)-len(p))
		t.pieces[i] = append(p, b[:n]...)
		b = b[n:]
	}
}

// join returns the whole, and holds nothing any more.
func (t *paramText) join() []byte {
	pieces := t.pieces
	*t = paramText{}
	if len(pieces) == 1 {
		return pieces[0]
	}
	return bytes.Join(pieces, nil)
}
