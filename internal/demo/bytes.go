package demo

import "io"

// block is what Bytes repeats: lines of 64 bytes. Its length is odd, so that a piece that is lost,
// sent twice or out of its place shows, whatever its size.
var block = func() []byte {
	const line = "The postern is the small gate at the back of a wall. 0123456789\n"
	b := make([]byte, 0, 32<<10)
	for len(b)+len(line) < 32<<10 {
		b = append(b, line...)
	}
	return append(b, '.')
}()

// Bytes returns a reader of the n bytes that /bytes?n=N answers.
func Bytes(n int64) io.Reader { return io.LimitReader(&repeater{}, n) }

type repeater struct{ at int }

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, block[r.at:])
	r.at = (r.at + n) % len(block)
	return n, nil
}
