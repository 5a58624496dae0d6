package throttle

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// spend has each of so many connections do slices of work, and returns how long that takes.
func spend(t *testing.T, conns, slices int) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var all sync.WaitGroup
		for range conns {
			all.Go(func() {
				var m Meter
				for range slices * slice {
					m.Waste(1)
					m.Pause()
				}
			})
		}
		all.Wait()
		took = time.Since(start)
	})
	return took
}

// TestSlices: one connection alone is hardly slowed down, and many together get no more done than a
// few.
func TestSlices(t *testing.T) {
	if took := spend(t, 1, 101); took != 100*alone { // the first is tolerated
		t.Errorf("one connection alone took %v for 100 slices", took)
	}
	for _, conns := range []int{2, 10, 100} {
		const slices = 20
		took := spend(t, conns, slices)
		procs := runtime.GOMAXPROCS(0)
		if least := time.Duration(conns*slices/4/procs) * eachOther; took < least {
			t.Errorf("%d connections took %v, want at least %v", conns, took, least)
		}
	}
}

// TestDelayHasABound: a connection can be closed within a second, however many others there are.
func TestDelayHasABound(t *testing.T) {
	if took := spend(t, 2000, 1); took > mostDelays {
		t.Errorf("a slice took %v", took)
	}
}

// TestRequestsCostNothing: a request takes back what it cost, and no more.
func TestRequestsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var m Meter
		for range 10 * slice {
			for range 4 {
				m.Read(1)
				m.Piece()
			}
			m.Request(60)
			m.Pause()
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("paused for %v", took)
		}
	})
}

// TestWasteIsNotTakenBack: requests between them do not pay for what is taken back, nor for
// variables.
func TestWasteIsNotTakenBack(t *testing.T) {
	for name, waste := range map[string]func(*Meter){
		"aborted":   func(m *Meter) { m.Request(10); m.Waste(AbortWork) },
		"variables": func(m *Meter) { m.Request(plainFields + AbortWork) },
		"pieces": func(m *Meter) {
			for range servedCost + AbortWork {
				m.Piece()
			}
			m.Request(10)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var m Meter
				for range 11 * slice / AbortWork {
					waste(&m)
					m.Pause()
				}
				if took := time.Since(start); took != 10*alone { // the first is tolerated
					t.Errorf("11 slices took %v", took)
				}
			})
		})
	}
}

// TestSlowWorkIsTolerated: a slice in a second or more is not delayed.
func TestSlowWorkIsTolerated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		start := time.Now()
		for range 10 {
			m.Waste(slice)
			m.Pause()
			<-time.After(tolerated)
		}
		if took := time.Since(start); took != 10*tolerated {
			t.Errorf("10 slices took %v", took)
		}
	})
}
