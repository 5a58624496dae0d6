package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// What makes a process quiet, and when it is worth while to tidy up after a time in which it was
// not.
const (
	settleEvery = 2 * time.Second
	quietBytes  = 1 << 20 // allocated from one look to the next, at most
	busyBytes   = 8 << 20 // allocated since the last time, at least
)

// settle gives the memory back to the system that a busy time has left behind, once it is over: Go
// would hold on to it for minutes, and for good to what it expects to need again. Where nothing is
// quiet, nothing is done.
func settle() {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	var last, tidied uint64
	for range time.Tick(settleEvery) {
		metrics.Read(sample)
		now := sample[0].Value.Uint64()
		if now-last < quietBytes && now-tidied > busyBytes {
			runtime.GC() // a sync.Pool keeps what it has for one collection
			debug.FreeOSMemory()
			tidied = now
		}
		last = now
	}
}
