package load

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Every call is made once, and its latency or its error counted.
func TestCalls(t *testing.T) {
	var calls atomic.Int64
	odd := errors.New("odd")
	r := Calls(t.Context(), Pace{Requests: 101}, 7, func(context.Context) error {
		if calls.Add(1)%2 == 1 {
			return odd
		}
		return nil
	})
	if calls.Load() != 101 || r.Requests != 50 || r.Failed != 51 || r.Latency.TotalCount() != 50 || !slices.Equal(r.Errors, []string{"odd"}) {
		t.Errorf("%d calls: %+v", calls.Load(), r)
	}
}

// A late call shows in the latencies of those that were due meanwhile.
func TestCallsAtARate(t *testing.T) {
	var calls atomic.Int64
	r := Calls(t.Context(), Pace{Requests: 20, Rate: 1000}, 1, func(context.Context) error {
		if calls.Add(1) == 1 {
			<-time.After(30 * time.Millisecond)
		}
		return nil
	})
	if got := r.Quantile(50); r.Requests != 20 || got < 10*time.Millisecond {
		t.Errorf("%d requests, the median is %v", r.Requests, got)
	}
}

// What the end of the context cuts off is no failure.
func TestCallsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var calls atomic.Int64
	r := Calls(ctx, Pace{Requests: 1000}, 1, func(ctx context.Context) error {
		if calls.Add(1) == 3 {
			cancel()
			return ctx.Err()
		}
		return nil
	})
	if r.Requests != 2 || r.Failed != 0 || len(r.Errors) != 0 {
		t.Errorf("%+v", r)
	}
}
