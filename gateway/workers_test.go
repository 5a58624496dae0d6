package gateway

import (
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

// Nobody waits for a goroutine, however many there are; those without work are few, serve again,
// and end with the server.
func TestCrew(t *testing.T) {
	before := goleak.IgnoreCurrent()
	done := make(chan struct{})
	c := newWorkerPool(done)
	const many = 10 * spareMax
	var ran atomic.Int64
	for range 3 {
		var all, ended sync.WaitGroup
		all.Add(many)
		for range many {
			ended.Add(1)
			c.serve(func() {
				defer ended.Done()
				all.Done()
				all.Wait() // all of them at once
				ran.Add(1)
			})
		}
		ended.Wait()
		if n := len(c.spare); n > spareMax {
			t.Errorf("%d wait, at most %d may", n, spareMax)
		}
	}
	if n := ran.Load(); n != 3*many {
		t.Errorf("%d have run, want %d", n, 3*many)
	}
	close(done)
	goleak.VerifyNone(t, before)
}
