package interop

import (
	"bytes"
	"context"
	"fmt"
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

// wantXs gets so many x from a path, of which nothing is kept.
func (s *site) wantXs(t *testing.T, path string, n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := s.request(ctx, call{path: path})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.Copy(onlyXs{}, resp.Body)
	if resp.StatusCode != 200 || got != n || err != nil {
		t.Errorf("%s: status %d, %d of %d bytes, %v", path, resp.StatusCode, got, n, err)
	}
}

// onlyXs is written to as long as what comes is x.
type onlyXs struct{}

func (onlyXs) Write(p []byte) (int, error) {
	if other := bytes.TrimLeft(p, "x"); len(other) > 0 {
		return len(p) - len(other), fmt.Errorf("not x but %.20q", other)
	}
	return len(p), nil
}
