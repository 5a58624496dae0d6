package floodtest_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/floodtest"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

const (
	conns = 8         // connections of a flood
	most  = 256 << 10 // bytes of memory that each may take
	spool = 8 << 20   // bytes that all may take on disk
	files = 20        // and temporary files
	lines = 310       // of log in a second, of all kinds together

	// the same of HTTP/2: a window, and 128 requests that are open
	most2 = 128<<10 + 128*13<<10
)

// TestFloods: whatever is sent, a connection takes little memory, all take little disk and log, and
// a client on another connection is served.
func TestFloods(t *testing.T) {
	for _, kind := range floodtest.Kinds() {
		t.Run(kind.Protocol+"/"+kind.Name, func(t *testing.T) { flood(t, &kind) })
	}
}

func flood(t *testing.T, kind *floodtest.Kind) {
	v := start(t, kind.Protocol)
	v.healthy(t, 5)
	before, began := netiotest.InUse(), time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	source := floodtest.Source{Kind: kind, Dial: v.dial}
	var senders sync.WaitGroup
	for range conns {
		senders.Go(func() { source.Flood(ctx) })
		v.healthy(t, 1)
	}
	v.healthy(t, 30)
	source.Paused.Store(true)
	each := (v.held(t) - before) / conns
	disk, count := v.budget.HoldSpool(0), v.budget.HoldFiles(0)
	logged, seconds := v.logged.Load(), int64(time.Since(began)/time.Second)+1
	t.Logf("%4d KB a connection, %d KB of disk, %d files, %d lines", each>>10, disk>>10, count, logged)
	most := int64(most)
	if kind.Protocol == "http2" {
		most = most2
	}
	if each > most*frames {
		t.Errorf("a connection takes %d > %d bytes", each, most*frames)
	}
	if disk > spool || count > files {
		t.Errorf("%d bytes in %d temporary files", disk, count)
	}
	if logged > lines*seconds {
		t.Errorf("%d lines in %d seconds", logged, seconds)
	}
	cancel()
	senders.Wait()
	v.stop(t)
	if m, s, f := v.budget.HoldMemory(0), v.budget.HoldSpool(0), v.budget.HoldFiles(0); m != 0 || s != 0 || f != 0 {
		t.Errorf("%d bytes of memory, %d of disk and %d files are still counted", m, s, f)
	}
}

// A victim is a server that is flooded.
type victim struct {
	socket string
	server *gateway.Server
	budget *protocol.Budget
	logged atomic.Int64
	client protocol.RoundTripper
	served chan error
	once   sync.Once
}

// protocols are what a victim may speak; the rest is HTTP.
var protocols = map[string]protocol.Protocol{"fastcgi": fastcgi.Protocol{}, "scgi": scgi.Protocol{}, "uwsgi": uwsgi.Protocol{}}

func start(t *testing.T, name string) *victim {
	dir, err := os.MkdirTemp("", "flood") // t.TempDir is too long for a Unix socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	v := &victim{socket: filepath.Join(dir, "s"), budget: new(protocol.Budget), served: make(chan error, 1)}
	l, err := net.Listen("unix", v.socket)
	if err != nil {
		t.Fatal(err)
	}
	v.server = &gateway.Server{Handler: protocol.HandlerFunc(floodtest.Serve), Log: slog.New(slog.NewTextHandler(v, nil)),
		Limits: &protocol.Limits{Budget: v.budget, TotalSpool: spool, TotalFiles: files}}
	dial := func(context.Context) (net.Conn, error) { return v.dial() }
	go func() { v.served <- serve(v.server, l, name) }()
	switch name {
	case "fastcgi":
		v.client = &fastcgi.Client{Dial: dial, MaxIdle: 1}
	case "scgi":
		v.client = &scgi.Client{Dial: dial}
	case "uwsgi":
		v.client = &uwsgi.Client{Dial: dial}
	default:
		v.client = &gateway.HTTPClient{Dial: dial}
	}
	t.Cleanup(func() { v.stop(t) })
	return v
}

// serve serves that protocol on l.
func serve(s *gateway.Server, l net.Listener, name string) error {
	if p := protocols[name]; p != nil {
		return s.Serve(l, p)
	}
	return s.ServeHTTP(l)
}

func (v *victim) dial() (net.Conn, error) { return net.Dial("unix", v.socket) }

// Write counts a line of the log.
func (v *victim) Write(p []byte) (int, error) {
	v.logged.Add(1)
	return len(p), nil
}

// stop ends the server, which ends every handler.
func (v *victim) stop(t *testing.T) {
	v.once.Do(func() {
		v.server.Close()
		<-v.served
		if c, ok := v.client.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	})
}

// healthy has n requests answered.
func (v *victim) healthy(t *testing.T, n int) {
	t.Helper()
	for range n {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", http.MethodGet, "REQUEST_URI", "/", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "a")}
		res, err := v.client.RoundTrip(ctx, r)
		if err != nil {
			t.Fatalf("a healthy client: %v", err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if cancel(); err != nil || res.Status != 200 || !strings.HasPrefix(string(b), "hello") {
			t.Fatalf("a healthy client: %d %q, %v", res.Status, b, err)
		}
	}
}

// held is the memory that is in use when the server has taken in what was sent: the least of some
// looks at it, for what lives only for a moment is not held.
func (v *victim) held(t *testing.T) int64 {
	least := int64(1) << 62
	for range 5 {
		v.healthy(t, 5)
		least = min(least, netiotest.InUse())
	}
	return least
}
