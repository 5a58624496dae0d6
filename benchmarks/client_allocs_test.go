//go:build !race

package benchmarks

import "testing"

// TestFastCGIClientAllocations: the allocations of one small GET by fastcgi.Client on a kept
// connection, the reading of the answer among them, are a promise. The backend is a process of its
// own.
func TestFastCGIClientAllocations(t *testing.T) {
	for _, row := range []struct {
		name      string
		multiplex int
		most      float64
	}{
		{"kept", 0, 10},
		{"multiplexed", 8, 14},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, get := fastcgiGetter(t, row.multiplex)
			get()
			n := testing.AllocsPerRun(1000, get)
			if t.Logf("%v allocations a call", n); n > row.most {
				t.Errorf("%v allocations a call, want at most %v", n, row.most)
			}
		})
	}
}
