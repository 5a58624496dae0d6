//go:build linux

package netio

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// A peer that goes is noticed though nobody reads and what it sent lies unread.
func TestWatch(t *testing.T) {
	tcp, tcpPeer := netiotest.TCP(t)
	unix, unixPeer := netiotest.Unix(t)
	for _, row := range []struct{ server, peer net.Conn }{{tcp, tcpPeer}, {unix, unixPeer}} {
		gone := make(chan error, 2)
		stop := New(row.server, nil).Watch(func(cause error) { gone <- cause })
		io.WriteString(row.peer, "unread")
		row.peer.Close()
		if cause := <-gone; cause != protocol.ErrGone {
			t.Error(cause)
		}
		stop()
		if len(gone) > 0 {
			t.Error("told twice")
		}
	}
}

// A peer that only sends has not gone, and after stop nothing is told, nor is the descriptor's next
// user mistaken for it.
func TestWatchStops(t *testing.T) {
	for range 100 {
		server, peer := netiotest.Unix(t)
		stop := New(server, nil).Watch(func(error) { t.Error("told after stop") })
		io.WriteString(peer, "unread")
		stop()
		peer.Close()
		server.Close()
		stop() // of a connection that is closed
	}
}

// A connection that is closed under its watch is no peer that has gone.
func TestWatchOfAClosedConnection(t *testing.T) {
	server, _ := netiotest.Unix(t)
	b := New(server, nil)
	b.Close()
	if stop := b.Watch(func(error) { t.Error("told") }); stop != nil {
		t.Error("a closed connection is watched")
	}
}

// Going and stopping at the same time: gone never runs after stop has returned.
func TestWatchRaces(t *testing.T) {
	var wg sync.WaitGroup
	for range 50 {
		server, peer := netiotest.Unix(t)
		wg.Go(func() {
			var mu sync.Mutex
			stopped := false
			stop := New(server, nil).Watch(func(error) {
				mu.Lock()
				defer mu.Unlock()
				if stopped {
					t.Error("told after stop")
				}
			})
			wg.Go(func() { peer.Close() })
			stop()
			mu.Lock()
			stopped = true
			mu.Unlock()
		})
	}
	wg.Wait()
}
