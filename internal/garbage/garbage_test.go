package garbage

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestLimit: what is in use sets the percentage, within its bounds.
func TestLimit(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	Limit(16 << 20)
	for _, row := range []struct{ use, low, high int }{
		{0, most, most}, {16 << 20, 60, 100}, {100 << 20, least, least}, {0, most, most},
	} {
		held := make([]byte, row.use)
		awaitPercent(t, row.low, row.high)
		runtime.KeepAlive(held)
	}
}

// awaitPercent collects until the percentage is within those bounds.
func awaitPercent(t *testing.T, low, high int) {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		runtime.GC()
		percent := debug.SetGCPercent(most)
		debug.SetGCPercent(percent)
		if low <= percent && percent <= high {
			return
		}
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("%d percent, want %d to %d", percent, low, high)
		}
	}
}
