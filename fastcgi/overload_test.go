package fastcgi

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// post is the beginning of a request with a body of n bytes.
// TestOverloaded: beyond Limits.Requests a request is refused, until one has ended.
func TestOverloaded(t *testing.T) {
	rows := []struct {
		text   string
		p      Protocol
		limit  int
		refuse []string
	}{
		{"FCGI_OVERLOADED", Protocol{RetryAfter: -1}, 2, []string{"END_REQUEST 3 OVERLOADED 0"}},
		{"503 by default", Protocol{}, 2, []string{
			`STDOUT 3 "Status: 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"`, "STDOUT 3 end", "END_REQUEST 3 REQUEST_COMPLETE 0"}},
		{"503", Protocol{RetryAfter: 1500 * time.Millisecond}, 2, []string{
			`STDOUT 3 "Status: 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"`, "STDOUT 3 end", "END_REQUEST 3 REQUEST_COMPLETE 0"}},
		{"FCGI_CANT_MPX_CONN", Protocol{RetryAfter: -1}, 1, []string{"END_REQUEST 3 CANT_MPX_CONN 0"}},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			turns := make(chan bool)
			f := serve(t, row.p, &protocol.Limits{Requests: row.limit}, func(w protocol.ResponseWriter, r *protocol.Request) error {
				r.Context().Done() // has somebody read meanwhile
				<-turns
				return hello(w, r)
			})
			for id := range row.limit {
				f.say(get(id + 1))
			}
			f.say(get(3))
			for _, line := range row.refuse {
				f.hear(line)
			}
			for range row.limit {
				turns <- true
			}
			f.answers(row.limit)
			f.say(get(3))
			turns <- true
			f.answer(3)
		})
	}
}

// TestFloodOfBegin: every id is begun on each of 8 connections, and nothing else: that costs
// bounded memory.
func TestFloodOfBegin(t *testing.T) {
	var flood []byte
	for id := 1; id <= maxIDs; id++ {
		flood = appendRecord(flood, typeBegin, uint16(id), appendBegin(nil, begin{wireResponder, true}))
	}
	before := heap()
	goroutines := runtime.NumGoroutine()
	var fronts []*front
	for range 8 {
		f := serve(t, Protocol{RetryAfter: -1}, &protocol.Limits{HeadTimeout: -1}, hello)
		fronts = append(fronts, f)
		var sender sync.WaitGroup
		sender.Go(func() { f.write(flood) })
		for range maxIDs - protocol.DefaultRequests {
			if line, err := f.heard(); err != nil || !strings.HasSuffix(line, " OVERLOADED 0") {
				t.Fatalf("heard %q, %v", line, err)
			}
		}
		sender.Wait()
		f.rest = nil
	}
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if n := runtime.NumGoroutine() - goroutines; n > 3*8 {
		t.Errorf("%d goroutines more", n)
	}
	fronts[0].nc.SetDeadline(time.Now().Add(patienceOfTests))
	fronts[0].say("PARAMS 1 end")
	fronts[0].answer(1)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestFloodOfAbort: requests that are taken back at once count until their handlers have returned.
func TestFloodOfAbort(t *testing.T) {
	const limit = 8
	var running, most atomic.Int64
	f := serve(t, Protocol{RetryAfter: -1}, &protocol.Limits{Requests: limit}, func(w protocol.ResponseWriter, r *protocol.Request) error {
		n := running.Add(1)
		defer running.Add(-1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		<-r.Context().Done()
		return errors.New("taken back")
	})
	const n = 3000
	var flood []byte
	for id := 1; id <= n; id++ {
		for line := range strings.Lines(get(id) + fmt.Sprintf("ABORT_REQUEST %d", id)) {
			flood = append(flood, parseRecord(t, strings.TrimSpace(line))...)
		}
	}
	var sender sync.WaitGroup
	sender.Go(func() { f.write(flood) })
	defer sender.Wait()
	seen := map[uint16]int{}
	for range n {
		h, content, err := f.record()
		if err != nil || h.typ != typeEnd {
			t.Fatalf("%v %q, %v", h, content, err)
		}
		seen[h.id]++
	}
	if len(seen) != n {
		t.Errorf("%d of %d requests were ended", len(seen), n)
	}
	if m := most.Load(); m > limit {
		t.Errorf("%d handlers at once, limit %d", m, limit)
	}
	f.say("GET_VALUES 0")
	f.hear("GET_VALUES_RESULT 0")
}
