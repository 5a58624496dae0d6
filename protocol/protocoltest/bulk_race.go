//go:build race

package protocoltest

// bulk is a quarter of what it is without the race detector, whose work is by the byte. It is
// still far more than may be held at once.
const bulk = 16 << 20
