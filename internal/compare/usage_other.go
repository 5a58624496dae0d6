//go:build !linux

package compare

import "time"

// A usage is what a tree of processes has used. Here it is not known.
type usage struct {
	known bool
	cpu   time.Duration
	peak  int64
}

func usageOf([]int) usage { return usage{} }
func resetPeak([]int)     {}

// tree returns the processes alone: who is below them is not known.
func tree(roots []int) []int { return roots }
