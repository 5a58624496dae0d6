package benchmarks

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// idleConns is how many connections BenchmarkIdle wants; the limit on open files may allow fewer.
// They are idle for idleTime before the server tells what it needs.
const (
	idleConns = 10_000
	idleTime  = 3 * time.Second
)

// BenchmarkIdle tells what an idle connection costs the server: of a kept one after its first
// request, of another before its only one. An operation is one request on a connection that has
// been idle for long.
func BenchmarkIdle(b *testing.B) {
	for i := range wires {
		w := &wires[i]
		b.Run(w.name, func(b *testing.B) {
			for _, v := range w.variants() {
				if v == "native" || v == w.peer { // an idle connection has no handler
					b.Run(v, func(b *testing.B) { benchmarkIdle(b, w, v) })
				}
			}
		})
	}
}

func benchmarkIdle(b *testing.B, w *wire, variant string) {
	x := exercises[0]
	d, err := w.record(x)
	if err != nil {
		b.Fatal(err)
	}
	s := startServer(b, w.name+" "+x.name+" "+variant)
	k := newWorker(w, x, s.socket, d.request)
	exchange := func() {
		if err := k.exchange(); err != nil {
			b.Fatal(err)
		}
	}
	exchange()
	k.close()
	before := s.ask(b, "settle")
	conns := idle(b, k, exchange)
	after := s.ask(b, "settle")
	for i := 0; b.Loop(); i++ {
		c := &conns[i%len(conns)]
		k.conn = *c
		k.in.Reset(k.conn)
		exchange()
		if *c = k.conn; k.conn == nil {
			*c = dial(b, s.socket)
		}
	}
	n := float64(len(conns))
	b.ReportMetric(n, "conns")
	b.ReportMetric(float64(after.Heap-before.Heap)/n, "heap-B/conn")
	b.ReportMetric(float64(after.Stack-before.Stack)/n, "stack-B/conn")
	b.ReportMetric(float64(after.RSS-before.RSS)/n, "rss-B/conn")
}

// idle opens connections that the server has accepted, and has answered once where they are kept.
func idle(b *testing.B, k *worker, exchange func()) []net.Conn {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	conns := make([]net.Conn, min(idleConns, int(min(limit.Cur, 1<<20))-100))
	for i := range conns {
		if i%1000 == 0 || k.wire.kept {
			k.conn = nil
			exchange() // the last of those that wait to be accepted
		}
		if conns[i] = k.conn; k.conn == nil {
			conns[i] = dial(b, k.socket)
		}
	}
	k.conn = nil
	exchange()
	k.close()
	b.Cleanup(func() {
		for _, c := range conns {
			c.Close()
		}
	})
	return conns
}

func dial(b *testing.B, socket string) net.Conn {
	b.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		b.Fatal(err)
	}
	return c
}
