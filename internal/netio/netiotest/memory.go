package netiotest

import (
	"runtime"
	"runtime/metrics"
)

// InUse is the memory that what is alive of the heap, and the goroutines' stacks take, in bytes.
func InUse() int64 {
	runtime.GC()
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64() + live[1].Value.Uint64())
}
