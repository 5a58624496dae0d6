package floodtest_test

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/floodtest"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// In a second of a clock that stands still while anybody works, what is not throttled is endless.
const throttledConns = 10

// What may come in that second: the more processors there are, the more.
var (
	mostWrites = 15_000 * int64(max(2, runtime.GOMAXPROCS(0)))
	mostBytes  = 200 << 20 * int64(max(2, runtime.GOMAXPROCS(0)))
)

// served are the kinds that are whole requests. They are no work in vain.
var served = map[string]bool{"requests whole, taken, no end": true, "answers unread, no end": true}

// TestFloodsAreThrottled: of each flood the server takes in but so much in a second, however fast
// it is.
func TestFloodsAreThrottled(t *testing.T) {
	for _, kind := range floodtest.Kinds() {
		if endless := len(kind.Again) > 0 && !kind.Slow; endless && !served[kind.Name] {
			kind.Reads = true // a pipe holds nothing: else the server would wait for room
			t.Run(kind.Protocol+"/"+kind.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { throttled(t, &kind) })
			})
		}
	}
}

func throttled(t *testing.T, kind *floodtest.Kind) {
	l := netiotest.NewPipes()
	server := &gateway.Server{Handler: protocol.HandlerFunc(floodtest.Serve), Log: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() { done <- serve(server, l, kind.Protocol) }()
	ctx, cancel := context.WithCancel(t.Context())
	sent := tally{stop: cancel}
	source := floodtest.Source{Kind: kind, Dial: func() (net.Conn, error) {
		c, err := l.Dial(ctx)
		return &tallied{Conn: c, tally: &sent}, err
	}}
	var senders sync.WaitGroup
	for range throttledConns {
		senders.Go(func() { source.Flood(ctx) })
	}
	<-time.After(time.Second)
	writes, n := sent.writes.Load(), sent.bytes.Load()
	t.Logf("%d writes, %d KB", writes, n>>10)
	if writes > mostWrites || n > mostBytes {
		t.Errorf("%d writes of %d bytes in all in a second", writes, n)
	}
	cancel()
	server.Close()
	<-done
	senders.Wait()
}

// A tally is what a flood has sent.
type tally struct {
	writes, bytes atomic.Int64
	stop          func() // once that is too much
}

// A tallied is a connection that counts what is written to it.
type tallied struct {
	net.Conn
	tally *tally
}

func (c *tallied) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if writes, all := c.tally.writes.Add(1), c.tally.bytes.Add(int64(n)); writes > mostWrites || all > mostBytes {
		c.tally.stop()
	}
	return n, err
}
