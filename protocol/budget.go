package protocol

import "sync/atomic"

// A Budget counts what all connections that share it hold for requests, so that Limits.TotalMemory,
// TotalSpool and TotalFiles bound it. The zero value is ready to use, and nil counts nothing. It is
// safe for concurrent use.
type Budget struct {
	memory, spool, files atomic.Int64
}

// HoldMemory counts n bytes more in memory, or fewer if n is negative, and returns how many are
// held now.
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

// HoldFiles is HoldMemory for temporary files.
func (b *Budget) HoldFiles(n int64) int64 {
	if b == nil {
		return 0
	}
	return b.files.Add(n)
}
