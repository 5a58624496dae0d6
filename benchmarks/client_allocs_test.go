//go:build !race

package benchmarks

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// TestFastCGIClientAllocations: the allocations of one small GET by fastcgi.Client on a kept
// connection, the reading of the answer among them, are a promise. The backend is a process of its
// own.
func TestFastCGIClientAllocations(t *testing.T) {
	for _, row := range []struct {
		name      string
		multiplex int
		most      float64
	}{
		{"kept", 0, 10},
		{"multiplexed", 8, 14},
	} {
		t.Run(row.name, func(t *testing.T) {
			get := fastcgiGetter(t, row.multiplex)
			get()
			n := testing.AllocsPerRun(1000, get)
			if t.Logf("%v allocations a call", n); n > row.most {
				t.Errorf("%v allocations a call, want at most %v", n, row.most)
			}
		})
	}
}

// fastcgiGetter returns what gets a small page from a native backend of ours.
func fastcgiGetter(tb testing.TB, multiplex int) (get func()) {
	socket := startServer(tb, "fastcgi get native").socket
	client := &fastcgi.Client{MaxIdle: 8, Multiplex: multiplex, Dial: func(context.Context) (net.Conn, error) {
		return net.Dial("unix", socket)
	}}
	tb.Cleanup(client.CloseIdleConnections)
	ctx, cancel := context.WithCancel(context.Background())
	tb.Cleanup(cancel)
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "SERVER_PROTOCOL", "HTTP/1.1")}
	return func() {
		res, err := client.RoundTrip(ctx, r)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			tb.Fatal(err)
		}
		res.Body.Close()
	}
}
