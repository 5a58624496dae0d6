package interop

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/internal/demo"
)

// Large fresh slices are dear with the race detector, whose shadow of them is fresh, too: all tests
// share their data, and none writes there.

var (
	longest   []byte // the most of the demo's bytes that has been asked for
	longestMu sync.Mutex
)

// demoBytes is the first n bytes of what the demo sends, in memory, which is not to be written to.
func demoBytes(n int) []byte {
	longestMu.Lock()
	defer longestMu.Unlock()
	if len(longest) < n {
		longest = make([]byte, n)
		if _, err := io.ReadFull(demo.Bytes(int64(n)), longest); err != nil {
			panic(err)
		}
	}
	return longest[:n:n]
}

// pattern is demoBytes for a test.
func pattern(_ *testing.T, n int64) []byte { return demoBytes(int(n)) }

// noise is random bytes, of which the bodies of a flood are pieces.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
})

// piece is n bytes of the noise, from a random place on.
func piece(r *rand.Rand, n int) []byte {
	at := r.IntN(len(noise()) - n)
	return noise()[at : at+n : at+n]
}

// unsized hides a reader's length, so that the client sends its bytes chunked.
type unsized struct{ io.Reader }

func chunked(b []byte) io.Reader { return unsized{bytes.NewReader(b)} }
