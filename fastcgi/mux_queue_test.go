package fastcgi

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A heldConn counts its writes, each of which waits for a value of go on, once that is set.
type heldConn struct {
	net.Conn
	writes atomic.Int32
	goOn   atomic.Pointer[chan bool]
}

func (c *heldConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	if wait := c.goOn.Load(); wait != nil {
		<-*wait
	}
	return c.Conn.Write(p)
}

// heldClient returns a client whose connections are served in memory, and its first connection once
// a request was answered on it. In these tests time is virtual.
func heldClient(t *testing.T) (c *Client, held *heldConn, goOn chan bool, end func()) {
	var served sync.WaitGroup
	c = &Client{Multiplex: 100, MaxIdle: 1, Dial: func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		if held == nil {
			held = &heldConn{Conn: ours}
		}
		served.Go(func() {
			lim := &protocol.Limits{ConnMemory: 4 << 20} // that of large heads
			loop := &protocol.Loop{Handler: protocol.HandlerFunc(hello), Limits: lim, Log: slog.New(slog.DiscardHandler)}
			loop.Serve(context.Background(), Protocol{}.NewConn(theirs, lim))
		})
		return held, nil
	}}
	getHello(t, c, t.Context(), 1)
	goOn = make(chan bool)
	held.goOn.Store(&goOn)
	held.writes.Store(0)
	return c, held, goOn, func() {
		c.CloseIdleConnections()
		served.Wait()
	}
}

// getHello gets a page of hello with a head of some size, or fails with the context's error.
func getHello(t *testing.T, c *Client, ctx context.Context, size int) {
	r := request("GET")
	r.Params = append(r.Params, protocol.Param{Name: "HTTP_X", Value: string(make([]byte, size))})
	res, err := c.RoundTrip(ctx, r)
	if err != nil {
		if ctx.Err() == nil {
			t.Error(err)
		}
		return
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); res.Status != http.StatusOK || err != nil {
		t.Errorf("got %d %q, %v", res.Status, body, err)
	}
}

// TestMuxWritesTogether: what waits while somebody writes leaves in one write, in order, as far as
// it fits into one.
func TestMuxWritesTogether(t *testing.T) {
	for _, row := range []struct{ size, writes int }{{100, 2}, {10_000, 3}, {60_000, 10}} {
		t.Run(strconv.Itoa(row.size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, held, goOn, end := heldClient(t)
				var all sync.WaitGroup
				for range 10 {
					all.Go(func() { getHello(t, c, t.Context(), row.size) })
					synctest.Wait()
				}
				held.goOn.Store(nil)
				close(goOn)
				all.Wait()
				if n := int(held.writes.Load()); n != row.writes {
					t.Errorf("%d writes, want %d", n, row.writes)
				}
				end()
			})
		})
	}
}

// TestMuxGivenUpInQueue: a request that is given up, or whose time is over, while it waits for
// another's write is not sent.
func TestMuxGivenUpInQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, held, goOn, end := heldClient(t)
		var all sync.WaitGroup
		all.Go(func() { getHello(t, c, t.Context(), 1) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 5 {
			all.Go(func() { getHello(t, c, ctx, 1) })
		}
		<-ctx.Done()
		synctest.Wait()
		held.goOn.Store(nil)
		close(goOn)
		all.Wait()
		if n := held.writes.Load(); n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
		getHello(t, c, t.Context(), 1)
		end()
	})
}

// TestMoreRequestsThanIDs: an id has 16 bits, and 0 is none, whatever Multiplex and the backend
// say. Those of requests that were given up are not used again.
func TestMoreRequestsThanIDs(t *testing.T) {
	ours, theirs := sockets(t)
	defer theirs.Close()
	m := (*multiplexer)(&Client{})
	c := newSharedConn(m, m.conns.Add(ours, false), 1<<20)
	defer func() {
		ours.Close()
		<-c.done
	}()
	ids := make(map[uint16]bool)
	for range min(c.limit+goneMost, 1<<17) {
		s := c.open()
		if s.id == 0 || ids[s.id] {
			t.Fatalf("request %d of %d and %d given up has the id %d", len(ids)+1, c.limit, goneMost, s.id)
		}
		ids[s.id] = true
	}
}
