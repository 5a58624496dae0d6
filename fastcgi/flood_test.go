package fastcgi

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A flood is what a peer sends to have us hold much. It reads no answers.
type flood struct {
	name    string
	records func(t *testing.T) []byte
	handler protocol.HandlerFunc
}

// floods are the ways that are known. Each handler waits until release is closed.
func floods(release chan bool) []flood {
	stuck := func(protocol.ResponseWriter, *protocol.Request) error { <-release; return nil }
	answer := make([]byte, 100_000)
	large := func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := w.Write(answer)
		return err
	}
	each := func(n int, of func(t *testing.T, id int) []byte) func(*testing.T) []byte {
		return func(t *testing.T) (b []byte) {
			for id := 1; id <= n; id++ {
				b = append(b, of(t, id)...)
			}
			return b
		}
	}
	part := make([]byte, 60_000)
	return []flood{
		{"STDIN that is not read, 64 streams", each(64, func(t *testing.T, id int) []byte {
			b := parseRecords(t, post(id, 1<<20))
			return appendRecord(appendRecord(b, typeStdin, uint16(id), part), typeStdin, uint16(id), part)
		}), stuck},
		{"half PARAMS, 100 streams", each(100, func(t *testing.T, id int) []byte {
			b := parseRecords(t, fmt.Sprintf("BEGIN_REQUEST %d RESPONDER KEEP_CONN", id))
			return appendRecord(b, typeParams, uint16(id), part[:40_000])
		}), stuck},
		{"answers that are not read, 100 streams", each(100, func(t *testing.T, id int) []byte {
			return parseRecords(t, get(id))
		}), large},
		{"BEGIN alone, 128 streams", each(128, func(t *testing.T, id int) []byte {
			return parseRecords(t, fmt.Sprintf("BEGIN_REQUEST %d RESPONDER KEEP_CONN", id))
		}), stuck},
		{"BEGIN and ABORT, 1000 times", each(1000, func(t *testing.T, id int) []byte {
			return parseRecords(t, fmt.Sprintf("BEGIN_REQUEST %d RESPONDER KEEP_CONN\nABORT_REQUEST %d", id, id))
		}), stuck},
	}
}

// TestFloods has many connections flooded, and bounds what each of them takes of memory. Meanwhile another connection is served.
func TestFloods(t *testing.T) {
	const conns, most, budget = 10, 256, 64 << 20
	for i := range floods(nil) {
		release := make(chan bool)
		letGo := sync.OnceFunc(func() { close(release) })
		kind := floods(release)[i]
		t.Run(kind.name, func(t *testing.T) {
			defer letGo()
			total := new(protocol.Budget)
			lim := &protocol.Limits{Budget: total, ConnSpool: budget}
			healthy := serve(t, Protocol{}, lim, hello)
			healthy.say(get(1))
			healthy.answer(1)
			records := append(kind.records(t), parseRecords(t, "GET_VALUES 0")...)
			before := inUse()
			var fronts []*front
			var senders sync.WaitGroup
			for range conns {
				f := serve(t, Protocol{}, lim, kind.handler)
				fronts = append(fronts, f)
				senders.Go(func() { f.nc.Write(records) })
				healthy.say(get(1))
				healthy.answer(1)
			}
			senders.Wait()
			for range 50 {
				healthy.say(get(1))
				healthy.answer(1)
			}
			each := (inUse() - before) / conns >> 10
			runtime.KeepAlive(records)
			t.Logf("%-40s %4d KB a connection", kind.name, each)
			if bound := int64(most * frames); each > bound {
				t.Errorf("a connection takes %d > %d KB", each, bound)
			}
			letGo()
			for _, f := range fronts {
				f.nc.Close()
				f.wait()
			}
			if m, s := total.HoldMemory(0), total.HoldSpool(0); m != 0 || s != 0 {
				t.Errorf("%d bytes of memory and %d of temporary files are still counted", m, s)
			}
		})
	}
}

// inUse is the memory that the heap and the goroutines' stacks take.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
