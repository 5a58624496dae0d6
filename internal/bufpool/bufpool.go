// Package bufpool has the buffers of fixed sizes that are needed for a short time. All packages
// share them, so that a buffer one has done with serves another.
package bufpool

import "sync"

// A Pool keeps values of A, an array of bytes, that nobody uses. The garbage collector frees those
// that stay unused. The zero value is an empty pool, and a Pool is safe for concurrent use.
type Pool[A any] struct{ pool sync.Pool }

// The pools, by the size of their buffers in KiB.
var (
	KiB4  Pool[[4 << 10]byte]
	KiB16 Pool[[16 << 10]byte]
	KiB32 Pool[[32 << 10]byte]
	KiB64 Pool[[64 << 10]byte]
)

// Get returns a buffer, which the caller owns until Put. It holds what its last user left in it.
func (p *Pool[A]) Get() *A {
	if a, ok := p.pool.Get().(*A); ok {
		return a
	}
	return new(A)
}

// Put gives a to the pool. The caller must not use it any more. Not to call Put is no error.
func (p *Pool[A]) Put(a *A) { p.pool.Put(a) }
