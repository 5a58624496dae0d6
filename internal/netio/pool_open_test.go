package netio

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// pipes returns a pool of pipes whose far ends say nothing, and how often it has dialled.
func pipes(t *testing.T, o PoolOptions) (p *Pool, dials *int) {
	dials = new(int)
	o.Protocol = "wire"
	o.Dial = func(context.Context) (net.Conn, error) {
		*dials++
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		return ours, nil
	}
	p = new(Pool).With(o)
	t.Cleanup(p.CloseIdle)
	return p, dials
}

// get returns a connection of p, which has one.
func get(t *testing.T, p *Pool) *PoolConn {
	t.Helper()
	c, err := p.Get(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whoever waits for a connection gets it in the order of coming, whether the one before has closed
// it, given it back or failed to connect. One that has left gets none.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dials := pipes(t, PoolOptions{MaxOpen: 2, MaxIdle: 2})
		first, second := get(t, p), get(t, p)
		var served []int
		var all sync.WaitGroup
		ctx, leave := context.WithCancel(t.Context())
		for i := range 4 {
			all.Go(func() {
				ctx := ctx
				if i != 1 {
					ctx = t.Context()
				}
				c, err := p.Get(ctx, 0)
				if i == 1 {
					if !errors.Is(err, protocol.ErrAborted) || !errors.Is(err, context.Canceled) {
						t.Errorf("one that has left: %v, %v", c, err)
					}
					return
				}
				served = append(served, i)
				if want := i != 2; c.used != want {
					t.Errorf("%d has a kept connection: %v", i, c.used)
				}
				synctest.Wait() // nobody else is served before c goes
				if i == 0 {
					c.Close()
				} else {
					c.Put()
				}
			})
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		first.Put()
		all.Wait()
		second.Put()
		if diff := cmp.Diff([]int{0, 2, 3}, served); diff != "" || *dials != 3 || p.Open() != 2 {
			t.Errorf("%s%d dials, %d open", diff, *dials, p.Open())
		}
	})
}

// A request that waits in vain fails with 503, and with the word that nothing of it was sent.
func TestAllConnectionsInUse(t *testing.T) {
	for _, deadline := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := pipes(t, PoolOptions{MaxOpen: 1})
			defer get(t, p).Close()
			ctx, lim := t.Context(), &protocol.Limits{FirstByteTimeout: 3 * time.Second}
			if deadline {
				var end context.CancelFunc
				ctx, end = context.WithTimeout(ctx, 3*time.Second)
				defer end()
				lim = nil
			}
			began := time.Now()
			x := &Stream{Exchange: Exchange{Pool: p, Limits: lim}}
			_, err := x.RoundTrip(ctx, new(protocol.Request), func(*protocol.Request) ([]byte, error) { return nil, nil })
			e, ok := errors.AsType[*protocol.Error](err)
			if !ok || time.Since(began) != 3*time.Second {
				t.Fatalf("%v after %v", err, time.Since(began))
			}
			want := &protocol.Error{Protocol: "wire", Op: "connect", Kind: protocol.ErrUpstream, Err: context.Cause(ctx),
				Detail: "all 1 connections were in use for 3s", Status: 503, RetryAfter: time.Second, NotSent: true}
			if *e != *want {
				t.Errorf("got  %#v\nwant %#v", e, want)
			}
		})
	}
}

// The place of a connection that could not be made is free again.
func TestPlaceAfterAFailedDial(t *testing.T) {
	none := errors.New("none")
	p := new(Pool).With(PoolOptions{Protocol: "wire", MaxOpen: 1, Dial: func(context.Context) (net.Conn, error) { return nil, none }})
	for range 2 {
		if _, err := p.Get(t.Context(), 0); !errors.Is(err, none) || p.Open() != 0 {
			t.Errorf("%v, and %d open", err, p.Open())
		}
	}
}

// A connection that is older than MaxAge is closed when it comes back, one that becomes so when it
// does.
func TestMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := pipes(t, PoolOptions{MaxIdle: 2, MaxAge: time.Minute})
		old, young := get(t, p), get(t, p)
		<-time.After(59 * time.Second)
		young.Put()
		<-time.After(time.Second)
		old.Put()
		synctest.Wait()
		if n := p.Open(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

// The idle connection that was used last is used next, and others that have ended are passed over.
func TestIdleConnectionsInTurn(t *testing.T) {
	p, dials := pipes(t, PoolOptions{MaxIdle: 2})
	a, b := get(t, p), get(t, p)
	a.Put()
	b.Put()
	if c := get(t, p); c != b {
		t.Error("not the one that was used last")
	}
	b.Put()
	b.Conn.Close()
	c := get(t, p)
	defer c.Close()
	if c != a || *dials != 2 || p.Open() != 1 {
		t.Errorf("a dead connection is not passed over: %d dials, %d open", *dials, p.Open())
	}
}
