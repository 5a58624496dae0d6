package load

import (
	"context"
	"sync/atomic"
	"time"
)

// A Pace says how long a run lasts and how fast it is. A run begins no further request when its
// Duration is over, or when that many Requests have begun; one of the two must be set. In a closed
// loop each connection sends one request however short the Duration is.
type Pace struct {
	Duration time.Duration
	Requests int64
	// Rate is how many requests are due in a second, over all connections. 0 is a closed loop.
	Rate float64
}

// A schedule is what the lanes of a run have in common: when it began, and what is left of it.
type schedule struct {
	pace   Pace
	lanes  int
	began  time.Time
	left   atomic.Int64 // of pace.Requests
	shards [shardCount]shard
}

func newSchedule(p Pace, lanes int) *schedule {
	s := &schedule{pace: p, lanes: lanes, began: time.Now()}
	s.left.Store(p.Requests)
	for i := range s.shards {
		s.shards[i].latency = newHistogram()
	}
	return s
}

// A run is a schedule as one lane sees it.
type run struct {
	*schedule
	begun bool      // the lane has sent a request
	due   time.Time // of the lane's next request, in an open loop
	step  time.Duration
}

// of returns the run of the lane of that number. The lanes' requests are due in turn.
func (s *schedule) of(lane int) *run {
	r := &run{schedule: s}
	if s.pace.Rate > 0 {
		each := float64(time.Second) / s.pace.Rate
		r.step = time.Duration(each * float64(s.lanes))
		r.due = s.began.Add(time.Duration(each * float64(lane)))
	}
	return r
}

// next waits until a request is due, and returns when its latency begins. Where the lane was busy
// that is the time at which it was due; where the lane had to wait for that time it is the end of
// the waiting, which a timer may make later than it should be. It reports false when the run is
// over.
func (r *run) next(ctx context.Context) (begins time.Time, ok bool) {
	if ctx.Err() != nil || r.pace.Requests > 0 && r.left.Add(-1) < 0 {
		return begins, false
	}
	now := time.Now()
	begins = now
	if r.pace.Rate > 0 {
		begins = r.due
		r.due = r.due.Add(r.step)
	}
	over := r.pace.Duration > 0 && begins.Sub(r.began) >= r.pace.Duration
	if over && (r.begun || r.pace.Rate > 0) {
		return begins, false
	}
	r.begun = true
	if wait := begins.Sub(now); wait > 0 {
		select {
		case <-time.After(wait):
			return time.Now(), true
		case <-ctx.Done():
			return begins, false
		}
	}
	return begins, true
}
