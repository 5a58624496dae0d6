package upstream_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

func inBubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

// Requests, failures, a queue, and backends that come and go, all at once: each request has an
// answer, and in the end nobody has a lease or waits.
func TestAllAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := balancer(t, &upstream.Balancer{Policy: upstream.LeastConnections, Queue: 1000})
		moody := client(func(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
			<-time.After(time.Duration(rand.IntN(20)) * time.Millisecond)
			switch rand.IntN(10) {
			case 0:
				return nil, errRefused
			case 1:
				return nil, errClosed
			}
			return says("well")(ctx, r)
		})
		for _, name := range []string{"A", "B", "C", "D"} {
			balancer(t, b, upstream.Backend{Name: name, Client: moody, MaxConns: 3, MaxFails: 2, FailTimeout: 50 * time.Millisecond, SlowStart: time.Second})
		}
		balancer(t, b, upstream.Backend{Name: "steady", MaxConns: 3, Backup: true})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for range 40 {
					if got := ask(t, b); got != "well" && got != "steady" {
						t.Error(got)
					}
				}
			})
		}
		all.Go(func() {
			for range 40 {
				<-time.After(10 * time.Millisecond)
				name := string(rune('A' + rand.IntN(4)))
				b.Drain(name)
				<-time.After(10 * time.Millisecond)
				if b.Resume(name); rand.IntN(2) == 0 {
					b.Remove(name)
					b.Add(upstream.Backend{Name: name, Client: moody, MaxConns: 3})
				}
			}
		})
		all.Wait()
		s := b.Stats()
		for _, be := range s.Backends {
			if be.Active != 0 {
				t.Errorf("%+v", be)
			}
		}
		if s.Waiting != 0 || s.Refused != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A client that panics gives its lease back.
func TestPanic(t *testing.T) {
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: client(func(context.Context, *protocol.Request) (*protocol.Response, error) {
		panic("no")
	})})
	func() {
		defer func() { recover() }()
		b.RoundTrip(t.Context(), request("GET"))
	}()
	if s := b.Stats().Backends[0]; s.Active != 0 || s.State != upstream.Up {
		t.Errorf("%+v", s)
	}
}
