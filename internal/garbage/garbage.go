// Package garbage bounds the memory that a process leaves uncollected. Go bounds it in proportion
// to what is in use: with little in use it collects hundreds of times a second, and when a flood
// makes connections hold what they may it lets as much again lie, or a multiple of that.
package garbage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The percentages that Limit sets.
const (
	least = 25
	most  = 400
)

// Limit has the collector run when about that many bytes are garbage, from now on: at a quarter to
// four times of what is in use.
func Limit(bytes int) {
	debug.SetGCPercent(most)
	l := &limit{bytes: bytes, percent: most}
	l.await()
}

type limit struct {
	bytes, percent int
	live           [1]metrics.Sample
}

// A cycle is found to be garbage by each collection.
type cycle struct{ of *limit }

// await has the limit set anew after the next collection. A finalizer runs soon after that; a
// cleanup (runtime.AddCleanup) was seen to run six collections later.
func (l *limit) await() { runtime.SetFinalizer(&cycle{of: l}, (*cycle).collected) }

func (c *cycle) collected() {
	c.of.set()
	runtime.SetFinalizer(c, (*cycle).collected)
}

func (l *limit) set() {
	l.live[0].Name = "/gc/heap/live:bytes"
	metrics.Read(l.live[:])
	live := int(l.live[0].Value.Uint64())
	percent := min(most, max(least, l.bytes/max(1, live/100)))
	if percent < l.percent*9/10 || percent > l.percent*11/10 {
		l.percent = percent
		debug.SetGCPercent(percent)
	}
}
