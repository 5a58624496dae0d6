//go:build !race

package benchmarks

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// The allocations of one small GET over a kept FastCGI connection, which are a promise. The client
// here makes none.
func TestAllocations(t *testing.T) {
	x := exercises[0]
	rows := []struct {
		variant string
		handler protocol.Handler
		most    float64
	}{
		{"native", x.native(), 2},
		{"http", protocol.FromHTTP(x.http()), 6},
	}
	for _, row := range rows {
		t.Run(row.variant, func(t *testing.T) {
			w := wireNamed("fastcgi")
			d, err := w.record(x)
			if err != nil {
				t.Fatal(err)
			}
			k := newWorker(w, x, serveOne(t, w, row.handler), d.request)
			defer k.close()
			exchange := func() {
				if err := k.exchange(); err != nil {
					t.Fatal(err)
				}
			}
			exchange() // connects
			if n := testing.AllocsPerRun(1000, exchange); n > row.most {
				t.Errorf("%v allocations for a request, want at most %v", n, row.most)
			}
		})
	}
}

// serveOne serves one connection to a Unix socket, whose path it returns, until the test ends.
func serveOne(t *testing.T, w *wire, h protocol.Handler) string {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	t.Cleanup(func() {
		l.Close()
		<-served
	})
	go func() {
		c, err := l.Accept()
		if err == nil {
			loop := &protocol.Loop{Handler: h}
			err = loop.Serve(context.Background(), w.proto.NewConn(c, nil))
		}
		served <- err
	}()
	return l.Addr().String()
}
