//go:build !race

package protocoltest

// bulk is how much goes through in the cases of constant memory.
const bulk = 64 << 20
