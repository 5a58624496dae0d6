//go:build !race

package bufpool_test

import (
	"testing"

	"github.com/postern-gateway/postern/internal/bufpool"
)

func TestAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(1000, func() { bufpool.KiB64.Put(bufpool.KiB64.Get()) }); n > 0 {
		t.Errorf("%v allocations for a buffer that is used again", n)
	}
}
