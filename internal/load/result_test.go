package load

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestLatencies: what the lanes count comes out of the histogram, within a thousandth.
func TestLatencies(t *testing.T) {
	s := newSchedule(Pace{Requests: 1}, 2)
	counts := []laneCount{{shard: &s.shards[0], sent: 5}, {shard: &s.shards[1], received: 7}}
	for i := range 10_000 { // 1 us to 10 ms
		counts[i%2].count(time.Duration(i+1) * time.Microsecond)
	}
	counts[0].fail(errors.New("one"))
	counts[1].fail(errors.New("one"))
	counts[1].fail(errors.New("two"))
	r := s.result(2*time.Second, counts)
	if r.Requests != 10_000 || r.Failed != 3 || r.Sent != 5 || r.Received != 7 || r.Rate() != 5000 {
		t.Errorf("%+v", r)
	}
	if len(r.Errors) != 2 || r.Errors[0] != "one" || r.Errors[1] != "two" {
		t.Errorf("errors %q", r.Errors)
	}
	for percent, want := range map[float64]time.Duration{50: 5 * time.Millisecond, 99: 9900 * time.Microsecond, 99.9: 9990 * time.Microsecond, 100: 10 * time.Millisecond} {
		if got := r.Quantile(percent); (got - want).Abs() > want/500 {
			t.Errorf("%g%%: %v, want %v", percent, got, want)
		}
	}
	counts[0].count(time.Hour) // as long as can be told
	if got := s.result(1, counts).Quantile(100); (got - time.Duration(mostLatency)).Abs() > time.Second {
		t.Errorf("the longest: %v", got)
	}
}

// TestOpenLoop: a server that stops for 5 ms makes each request late that was due meanwhile, and
// not only the one that it was asked.
func TestOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchedule(Pace{Duration: 10 * time.Millisecond, Rate: 1000}, 1)
		r, lane := s.of(0), laneCount{shard: &s.shards[0]}
		for n := 0; ; n++ {
			begins, ok := r.next(t.Context())
			if !ok {
				break
			}
			took := 100 * time.Microsecond
			if n == 2 {
				took = 5 * time.Millisecond
			}
			<-time.After(took)
			lane.count(time.Since(begins))
		}
		res := s.result(time.Second, []laneCount{lane})
		if res.Requests != 10 {
			t.Errorf("%d requests in 10 ms at 1000/s", res.Requests)
		}
		// That of 2 ms ends at 7 ms: those of 3, 4, 5 and 6 wait for it, for 4.1, 3.2, 2.3, 1.4 ms;
		// that of 7 for 0.5 ms.
		late := 0
		for _, bar := range res.Latency.Distribution() {
			if time.Duration(bar.From) > 400*time.Microsecond {
				late += int(bar.Count)
			}
		}
		if late != 6 {
			t.Errorf("%d requests are late, want 6", late)
		}
	})
}

// TestTurns: the lanes' requests are due in turn.
func TestTurns(t *testing.T) {
	s := newSchedule(Pace{Duration: time.Second, Rate: 100}, 5)
	for lane := range 5 {
		r := s.of(lane)
		if at := r.due.Sub(s.began); at != time.Duration(lane)*10*time.Millisecond || r.step != 50*time.Millisecond {
			t.Errorf("lane %d: at %v, each %v", lane, at, r.step)
		}
	}
}
