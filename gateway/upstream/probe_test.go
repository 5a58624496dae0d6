package upstream_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// Fall bad checks take a backend out, Rise good ones bring it back, and one of the other kind
// between them begins the count anew.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		results := "++--+-+---+-+-+++"
		states := "UUUUUUUUUDDDDDDUU" // after each, with Fall 3 and Rise 2
		var checks atomic.Int64
		check := func(context.Context) error {
			if n := int(checks.Add(1)); n <= len(results) && results[n-1] == '-' {
				return errors.New("not well")
			}
			return nil
		}
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Probe: &upstream.Probe{Check: check, Interval: time.Second}})
		for i := range results {
			synctest.Wait()
			want := upstream.Up
			if states[i] == 'D' {
				want = upstream.Down
			}
			if got := b.Stats().Backends[0].State; got != want || checks.Load() != int64(i+1) {
				t.Errorf("after %s (%d checks) it is %v, want %v", results[:i+1], checks.Load(), got, want)
			}
			if _, err := b.RoundTrip(t.Context(), request("GET")); (err != nil) != (want == upstream.Down) {
				t.Error(err)
			} else if e, ok := errors.AsType[*protocol.Error](err); ok && (protocol.Status(err) != 503 || e.RetryAfter != time.Second) {
				t.Errorf("%#v", e)
			}
			<-time.After(time.Second)
		}
	})
}

// A check that hangs has failed after its time, and ends with the Balancer.
func TestProbeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Probe: &upstream.Probe{Fall: 1, Timeout: time.Second,
			Check: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}})
		<-time.After(999 * time.Millisecond)
		if states(b) != "A up" {
			t.Error(states(b))
		}
		<-time.After(2 * time.Millisecond)
		if states(b) != "A down" {
			t.Error(states(b))
		}
		<-time.After(5 * time.Second) // in the middle of a check
		b.Close()
	})
}

// A backend that probes bring back is no longer out by its failures either.
func TestProbeBringsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &flaky{name: "A"}
		check := func(context.Context) error {
			if a.well.Load() {
				return nil
			}
			return errRefused
		}
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: a, FailTimeout: time.Hour,
			Probe: &upstream.Probe{Check: check, Interval: time.Second, Fall: 2, Rise: 1}}, upstream.Backend{Name: "B"})
		ask(t, b)
		if states(b) != "A out, B up" {
			t.Error(states(b))
		}
		<-time.After(1500 * time.Millisecond)
		if states(b) != "A down, B up" {
			t.Error(states(b))
		}
		a.well.Store(true)
		<-time.After(time.Second)
		if states(b) != "A up, B up" {
			t.Error(states(b))
		}
	})
}
