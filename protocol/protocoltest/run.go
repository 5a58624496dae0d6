package protocoltest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"go.uber.org/goleak"
)

// Run runs every case on p, over TCP and over Unix sockets. A case that leaves a goroutine behind
// fails.
func Run(t *testing.T, p Pair) {
	t.Helper()
	for _, network := range p.networks() {
		t.Run(p.name()+"/"+network, func(t *testing.T) {
			for i := range cases {
				c := &cases[i]
				t.Run(c.name, func(t *testing.T) { run(t, &p, network, c) })
			}
		})
	}
}

// owned are goroutines that are nobody's leak: the process's one watch for hang-ups, and net/http's
// lingering close.
var owned = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"),
	goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"),
}

// run runs one case.
func run(t *testing.T, p *Pair, network string, c *testCase) {
	ignored := append(slices.Clip(owned), goleak.IgnoreCurrent())
	t.Cleanup(func() {
		if !t.Failed() {
			goleak.VerifyNone(t, ignored...)
		}
	})
	x := start(t, p, network, c)
	check, differs := c.check, false
	if c.needs != 0 && !p.has(c.needs) || c.wires && p.Processes || c.outlives && p.scripts() {
		t.Logf("%s differs: %s", p.name(), c.why)
		check, differs = c.else_, true
	}
	if p.Ran != nil {
		defer func() { p.Ran(Outcome{Case: c.name, Passed: !t.Failed(), Differs: differs}) }()
	}
	check(x)
	if t.Failed() {
		t.Logf("expected: %s", c.want)
	}
}

// start serves c and connects a client.
func start(t *testing.T, p *Pair, network string, c *testCase) *trial {
	dir, err := os.MkdirTemp("", "pt") // short: a Unix socket's path holds 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	x := &trial{TB: t, pair: p, network: network, testCase: c, log: newLog(t)}
	x.lines = listen(t, "unix", filepath.Join(dir, "l"))
	site := &Site{Case: c.name, Limits: c.client}
	site.Loop = protocol.Loop{Handler: c.handler, Limits: c.limits, Log: x.log.logger()}
	if c.observed {
		x.reports = make(chan report, 16)
		site.Loop.Observe = x.observe
	}
	if !p.Processes {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = filepath.Join(dir, "s")
		}
		l := listen(t, network, address)
		x.address = l.Addr()
		site.Listener, site.Dial = &wrapper{Listener: l, trial: x}, x.dial
	}
	x.client = x.serve(site)
	return x
}

func listen(t *testing.T, network, address string) net.Listener {
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// serve starts the pair's server and returns its client.
func (x *trial) serve(site *Site) protocol.RoundTripper {
	if x.pair.Start != nil {
		return x.pair.Start(x, site)
	}
	Serve(x, site, x.pair.Protocol)
	return Connect(x, x.pair.Client, site)
}

// Connect returns the client that make makes, and closes it when the test ends.
func Connect(tb testing.TB, make func(Dial, *protocol.Limits) protocol.RoundTripper, site *Site) protocol.RoundTripper {
	client := make(site.Dial, site.Limits)
	tb.Cleanup(func() {
		switch c := client.(type) {
		case interface{ Close() error }:
			c.Close()
		case interface{ CloseIdleConnections() }:
			c.CloseIdleConnections()
		}
	})
	return client
}

// Serve serves site by p until the test ends.
func Serve(tb testing.TB, site *Site, p protocol.Protocol) {
	s := &server{loop: &site.Loop, protocol: p, conns: make(map[protocol.Conn]bool)}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.all.Go(func() { s.accept(site.Listener) })
	tb.Cleanup(func() { s.stop(site.Listener) })
}

// A server is an accept loop that can be stopped.
type server struct {
	loop     *protocol.Loop
	protocol protocol.Protocol
	ctx      context.Context
	cancel   context.CancelCauseFunc
	all      sync.WaitGroup

	mu    sync.Mutex
	conns map[protocol.Conn]bool
	ended bool
}

func (s *server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.all.Go(func() { s.serve(c) })
	}
}

func (s *server) serve(c net.Conn) {
	conn := s.protocol.NewConn(c, s.loop.Limits)
	s.mu.Lock()
	s.conns[conn] = true
	ended := s.ended
	s.mu.Unlock()
	if ended {
		conn.Close()
	}
	if err := s.loop.Serve(s.ctx, conn); err != nil {
		s.loop.Log.Warn("connection ended", "err", err)
	}
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

// stop ends every connection and waits.
func (s *server) stop(l net.Listener) {
	l.Close()
	s.cancel(net.ErrClosed)
	s.mu.Lock()
	s.ended = true
	for c := range s.conns {
		if idler, ok := c.(protocol.Idler); !ok || !idler.CloseIdle() {
			c.Close()
		}
	}
	s.mu.Unlock()
	s.all.Wait()
}
