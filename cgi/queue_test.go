package cgi

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// hold starts a request whose script waits until go is called.
func (b *bench) hold() (resp *protocol.Response, release func()) {
	b.Helper()
	b.sh(printed(`X: 1\n\n`) + "read go <$0.go")
	path := b.fifo("script.cgi.go")
	resp, err := b.c.RoundTrip(context.Background(), get("/"))
	if err != nil {
		b.Fatal(err)
	}
	return resp, func() {
		os.WriteFile(path, []byte("go\n"), 0)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

var wantBusy = result{Status: 503, Header: map[string][]string{"Retry-After": {"1"}, "Content-Type": {"text/plain; charset=utf-8"}},
	Body: "too many requests at once\n"}

func TestNoRoomAndNoQueue(t *testing.T) {
	b := newBench(t)
	b.c.Processes, b.c.Queue = 1, -1
	_, release := b.hold()
	if diff := cmp.Diff(wantBusy, b.do(get("/"))); diff != "" {
		t.Fatal(diff)
	}
	release()
	b.sh(helloSh)
	b.want(b.do(get("/")), "hello, world\n")
	if log := b.closed(); !strings.Contains(log, "too many processes") || !strings.Contains(log, "the queue is full") {
		t.Fatal(log)
	}
}

func TestQueueTimeout(t *testing.T) {
	b := newBench(t)
	b.c.Processes, b.c.QueueTimeout = 1, 10*time.Millisecond
	_, release := b.hold()
	if diff := cmp.Diff(wantBusy, b.do(get("/"))); diff != "" {
		t.Fatal(diff)
	}
	release()
}

func TestQueueIsLeftByWhoGoes(t *testing.T) {
	b := newBench(t)
	b.c.Processes = 1
	_, release := b.hold()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the client is gone"))
	b.wantFailure(b.doContext(ctx, get("/")), 400, "the client is gone")
	release()
	b.sh(helloSh)
	b.want(b.do(get("/")), "hello, world\n")
}

// One after the other, and none is lost.
func TestQueueServesAll(t *testing.T) {
	b := newBench(t)
	b.c.Processes, b.c.Queue = 2, 50
	b.sh(`mkdir $0.$$; set -- $0.[0-9]*; printf 'X: 1\n\n'$#; rmdir $0.$$`)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if res := b.do(get("/")); res.Err != nil || res.Body != "1" && res.Body != "2" {
				t.Error(res)
			}
		})
	}
	all.Wait()
	b.closed()
	if b.c.queue.inUse != 0 {
		t.Fatal(b.c.queue.inUse)
	}
}

func TestQueue(t *testing.T) {
	var q queue
	if turn, ok := q.acquire(1, 2); turn != nil || !ok {
		t.Fatal("the first has to wait")
	}
	second, _ := q.acquire(1, 2)
	third, _ := q.acquire(1, 2)
	if turn, ok := q.acquire(1, 2); turn != nil || ok {
		t.Fatal("more than the queue holds")
	}
	q.leave(second)
	q.release()
	<-third
	q.leave(third) // its turn has come: the place goes on
	if q.inUse != 0 {
		t.Fatal(q.inUse)
	}
	if turn, ok := q.acquire(-1, 0); turn != nil || !ok {
		t.Fatal("no limit")
	}
}
