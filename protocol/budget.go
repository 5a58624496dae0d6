package protocol

import "sync/atomic"

// A Budget counts what all connections that share it hold for requests, in bytes, so that Limits.TotalMemory and Limits.TotalSpool
// bound it. The zero value is ready to use, and nil counts nothing. It is safe for concurrent use.
type Budget struct {
	memory, spool atomic.Int64
}

// HoldMemory counts n bytes more in memory, or fewer if n is negative, and returns how many are held now.
func (b *Budget) HoldMemory(n int64) int64 {
	if b == nil {
		return 0
	}
	return b.memory.Add(n)
}

// HoldSpool is HoldMemory for bytes in temporary files.
func (b *Budget) HoldSpool(n int64) int64 {
	if b == nil {
		return 0
	}
	return b.spool.Add(n)
}
