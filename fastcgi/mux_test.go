package fastcgi

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A muxBackend is a backend that multiplexes, and counts its connections.
type muxBackend struct {
	proto   Protocol
	lim     *protocol.Limits
	handler protocol.HandlerFunc
	dialed  atomic.Int32
	served  sync.WaitGroup
}

// client returns a client of b, whose connections end with the test.
func (b *muxBackend) client(t *testing.T) *Client {
	t.Helper()
	c := &Client{Multiplex: 8, MaxIdle: 1, Dial: func(context.Context) (net.Conn, error) {
		b.dialed.Add(1)
		ours, theirs := sockets(t)
		theirs.SetDeadline(time.Now().Add(patienceOfTests))
		b.served.Go(func() {
			loop := &protocol.Loop{Handler: b.handler, Limits: b.lim}
			loop.Serve(context.Background(), b.proto.NewConn(theirs, b.lim))
		})
		return ours, nil
	}}
	t.Cleanup(func() {
		c.CloseIdleConnections()
		b.served.Wait()
	})
	return c
}

// together returns a handler that answers once n requests are open, with the request's URI.
func together(n int) protocol.HandlerFunc {
	var open sync.WaitGroup
	open.Add(n)
	return func(w protocol.ResponseWriter, r *protocol.Request) error {
		open.Done()
		open.Wait()
		_, err := io.WriteString(w, r.RequestURI())
		return err
	}
}

// getAtOnce gets n pages at once, and checks that each has its own text.
func getAtOnce(t *testing.T, c *Client, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			uri := "/" + strconv.Itoa(i)
			if status, body, err := fetch(t, c, request("GET", "REQUEST_URI", uri)); status != 200 || body != uri || err != nil {
				t.Errorf("%s: got %d %q, %v", uri, status, body, err)
			}
		})
	}
	all.Wait()
}

// TestMultiplex has requests that are open at once.
func TestMultiplex(t *testing.T) {
	t.Run("two on one connection", func(t *testing.T) {
		b := &muxBackend{handler: together(2)}
		getAtOnce(t, b.client(t), 2)
		if n := b.dialed.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("as many as the backend takes", func(t *testing.T) {
		b := &muxBackend{handler: together(8), lim: &protocol.Limits{Requests: 4}}
		getAtOnce(t, b.client(t), 8)
		if n := b.dialed.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("one after another", func(t *testing.T) {
		b := &muxBackend{handler: hello}
		c := b.client(t)
		for range 50 {
			if status, body, err := fetch(t, c, request("GET")); status != 200 || !strings.Contains(body, "hello") || err != nil {
				t.Errorf("got %d %q, %v", status, body, err)
			}
		}
		if n := b.dialed.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}
