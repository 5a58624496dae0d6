package load

import (
	"context"
	"sync"
	"time"
)

// Calls runs call by the Pace, that many at a time, and returns once all of them have returned. A
// latency is that of a call without an error, as a [Generator] has it. The Result knows no bytes.
// When ctx ends no further call begins, and what has come of those that it cut off is not counted.
func Calls(ctx context.Context, p Pace, parallel int, call func(context.Context) error) *Result {
	s := newSchedule(p, parallel)
	counts := make([]laneCount, parallel)
	var lanes sync.WaitGroup
	for i := range counts {
		counts[i].shard = &s.shards[i%shardCount]
		lanes.Go(func() { s.of(i).calls(ctx, &counts[i], call) })
	}
	lanes.Wait()
	return s.result(time.Since(s.began), counts)
}

// calls runs call until the run is over.
func (r *run) calls(ctx context.Context, t *laneCount, call func(context.Context) error) {
	for {
		begins, ok := r.next(ctx)
		if !ok {
			return
		}
		err := call(ctx)
		switch {
		case err == nil:
			t.count(time.Since(begins))
		case ctx.Err() != nil:
			return
		case len(t.errors) < maxErrors:
			t.fail(err)
		default:
			t.failed++
		}
	}
}
