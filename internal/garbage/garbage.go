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

// Default is the limit of Postern's own programs, in bytes.
const Default = 8 << 20

// Limit has the collector run when about that many bytes are garbage, from now on: at a quarter to
// four times of what is in use.
func Limit(bytes int) {
	debug.SetGCPercent(most)
	l := &limit{bytes: bytes, percent: most}
	l.live[0].Name = "/gc/heap/live:bytes"
	runtime.SetFinalizer(l, (*limit).collected)
}

// A limit is found to be garbage by each collection, and lives on by its finalizer. That runs soon
// after the collection; a cleanup (runtime.AddCleanup) was seen to run six collections later.
type limit struct {
	bytes, percent int
	live           [1]metrics.Sample
}

// collected sets the percentage by what is in use now.
func (l *limit) collected() {
	metrics.Read(l.live[:])
	live := int(l.live[0].Value.Uint64())
	percent := min(most, max(least, l.bytes/max(1, live/100)))
	if percent < l.percent*9/10 || percent > l.percent*11/10 {
		l.percent = percent
		debug.SetGCPercent(percent)
	}
	runtime.SetFinalizer(l, (*limit).collected)
}
