package upstream_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// Requests beyond MaxConns wait in turn, as many as may and as long as they may.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := balancer(t, &upstream.Balancer{Queue: 2, QueueTimeout: 5 * time.Second},
			upstream.Backend{Name: "A", MaxConns: 1}, upstream.Backend{Name: "B", MaxConns: 1})
		_, first := hold(t, b)
		hold(t, b)
		got := make(chan string, 2)
		for _, name := range []string{"first", "second"} {
			go func() { got <- name + " " + ask(t, b) }()
			synctest.Wait()
		}
		if s := b.Stats(); s.Waiting != 2 || s.Backends[0].Active != 1 || s.Backends[1].Active != 1 {
			t.Errorf("%+v", s)
		}
		_, err := b.RoundTrip(t.Context(), request("GET"))
		wantBusy(t, err, "and 2 requests wait")

		first.Close() // at most one at a time has its lease
		if a, b := <-got, <-got; a != "first A" || b != "second A" {
			t.Error(a, b)
		}
		hold(t, b)
		_, err = b.RoundTrip(protocol.WithPatience(t.Context(), false), request("GET"))
		wantBusy(t, err, "and 0 requests wait")
		began := time.Now()
		_, err = b.RoundTrip(t.Context(), request("GET"))
		wantBusy(t, err, "none was free for 5s")
		if took := time.Since(began); took != 5*time.Second {
			t.Error(took)
		}
		if s := b.Stats(); s.Waiting != 0 || s.Refused != 3 {
			t.Errorf("%+v", s)
		}
	})
}

func wantBusy(t *testing.T, err error, says string) {
	t.Helper()
	e, ok := errors.AsType[*protocol.Error](err)
	if !ok || protocol.Status(err) != 503 || e.RetryAfter <= 0 || !e.NotSent || !strings.Contains(err.Error(), says) {
		t.Errorf("%#v: %v", e, err)
	}
}

// Who waits is served by whatever becomes free: a lease, a backend that is added, one that is back.
func TestWhoWaitsIsServed(t *testing.T) {
	for _, row := range []struct {
		name string
		want string
		do   func(b *upstream.Balancer, out *flaky)
	}{
		{"a backend is added", "C", func(b *upstream.Balancer, _ *flaky) { b.Add(upstream.Backend{Name: "C", Client: says("C")}) }},
		{"a drained one is resumed", "D", func(b *upstream.Balancer, _ *flaky) { b.Resume("D") }},
		{"the time of one that was out is over", "O", func(_ *upstream.Balancer, out *flaky) { out.well.Store(true) }},
		{"there is no backend any more", "choose a backend: upstream: there is none", func(b *upstream.Balancer, _ *flaky) {
			b.Remove("O")
			b.Remove("D")
			b.Remove("A")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &flaky{name: "O"}
				b := balancer(t, &upstream.Balancer{Queue: 1}, upstream.Backend{Name: "O", Client: out, Weight: 2},
					upstream.Backend{Name: "D"}, upstream.Backend{Name: "A", MaxConns: 1})
				b.Drain("D")
				hold(t, b)
				got := make(chan string, 1)
				go func() { got <- ask(t, b) }()
				synctest.Wait()
				if s := b.Stats(); s.Waiting != 1 {
					t.Fatalf("%+v", s)
				}
				row.do(b, out)
				if text := <-got; text != row.want {
					t.Errorf("got %q, want %q", text, row.want)
				}
			})
		})
	}
}

// A client that goes while it waits leaves the queue.
func TestLeavingTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := balancer(t, &upstream.Balancer{Queue: 1}, upstream.Backend{Name: "A", MaxConns: 1})
		hold(t, b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.RoundTrip(ctx, request("GET"))
		if !errors.Is(err, protocol.ErrAborted) || b.Stats().Waiting != 0 {
			t.Errorf("%v, %+v", err, b.Stats())
		}
	})
}

// A backup gets what the others cannot take.
func TestBackup(t *testing.T) {
	a := &flaky{name: "A"}
	a.well.Store(true)
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: a, MaxConns: 1}, upstream.Backend{Name: "B", Backup: true})
	if got := asks(t, b, 3); got != "A A A" {
		t.Error(got)
	}
	_, body := hold(t, b)
	if got := ask(t, b); got != "B" {
		t.Error("where the others are full:", got)
	}
	body.Close()
	a.well.Store(false)
	if got := asks(t, b, 2); got != "B B" {
		t.Error("where the others are out:", got)
	}
}
