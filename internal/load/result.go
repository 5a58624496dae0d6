package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a histogram of latencies tells apart: from 100 ns to 100 s, with three digits.
const (
	leastLatency  = 100
	mostLatency   = int64(100 * time.Second)
	latencyDigits = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(leastLatency, mostLatency, latencyDigits)
}

// A Result is what a run has shown.
type Result struct {
	Requests int64         // answered, and as they should be
	Failed   int64         // all others
	Errors   []string      // why some of them failed, each text once
	Elapsed  time.Duration // from the run's beginning to its last answer

	// Latency is that of Requests, in nanoseconds.
	Latency *hdrhistogram.Histogram

	// Sent and Received are bytes on the connections, as the application sees them, of all requests
	// of the run.
	Sent, Received int64
}

// Rate is how many requests were answered in a second.
func (r *Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Requests) / r.Elapsed.Seconds()
}

// Quantile returns the latency that that many percent of the requests do not exceed.
func (r *Result) Quantile(percent float64) time.Duration {
	return time.Duration(r.Latency.ValueAtQuantile(percent))
}

// shardCount is how many histograms the lanes of a run share: one for each would take 180 KB a
// connection.
const shardCount = 8

// A shard is a histogram that some lanes share.
type shard struct {
	mu      sync.Mutex
	latency *hdrhistogram.Histogram
}

// A laneCount is what one lane counts in a run.
type laneCount struct {
	shard            *shard
	requests, failed int64
	sent, received   int64
	errors           []string
}

// The bounds on a lane's failures: after maxFailures it takes no further part in the run.
const (
	maxFailures = 3
	maxErrors   = 5
)

// count counts a request that was answered after that time.
func (t *laneCount) count(took time.Duration) {
	t.requests++
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	t.shard.latency.RecordValue(min(int64(took), mostLatency)) // no error: it is within the bounds
}

func (t *laneCount) fail(err error) {
	t.failed++
	t.errors = append(t.errors, err.Error())
}

// givenUp reports that the lane has failed too often.
func (t *laneCount) givenUp() bool { return t.failed >= maxFailures }

// result adds up what the lanes have counted.
func (s *schedule) result(elapsed time.Duration, counts []laneCount) *Result {
	r := &Result{Elapsed: elapsed, Latency: newHistogram()}
	seen := make(map[string]bool)
	for i := range counts {
		t := &counts[i]
		r.Requests, r.Failed = r.Requests+t.requests, r.Failed+t.failed
		r.Sent, r.Received = r.Sent+t.sent, r.Received+t.received
		for _, e := range t.errors {
			if !seen[e] && len(r.Errors) < maxErrors {
				seen[e] = true
				r.Errors = append(r.Errors, e)
			}
		}
	}
	for i := range s.shards {
		r.Latency.Merge(s.shards[i].latency)
	}
	return r
}
