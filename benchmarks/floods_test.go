package benchmarks

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/floodtest"
	"github.com/postern-gateway/postern/internal/garbage"
	"github.com/postern-gateway/postern/protocol"
)

const (
	floodConns  = 100             // connections of a flood
	floodTime   = 6 * time.Second // how long it lasts
	quietTime   = time.Second     // before it
	floodedName = "flooded"       // the exercise of a server that is flooded
)

// BenchmarkFloods tells what a flood of 100 connections for 6 seconds costs: memory for each of
// them, as the system sees it, and how much of its rate a client on another connection keeps.
// Server, flood and client are a process each.
func BenchmarkFloods(b *testing.B) {
	for i, k := range floodtest.Kinds() {
		b.Run(k.Protocol+"/"+k.Name, func(b *testing.B) {
			for range b.N {
				benchmarkFlood(b, i, &k)
			}
		})
	}
}

func benchmarkFlood(b *testing.B, number int, kind *floodtest.Kind) {
	w := wireNamed(kind.Protocol)
	x := exercise{name: floodedName, want: []byte("hello"), serve: func(w http.ResponseWriter, _ io.Reader) error {
		_, err := io.WriteString(w, "hello")
		return err
	}}
	d, err := w.record(x)
	if err != nil {
		b.Fatal(err)
	}
	s := startServer(b, w.name+" "+x.name+" native")
	k := newWorker(w, x, s.socket, d.request)
	defer k.close()
	rate(b, k, quietTime/2)
	quiet := rate(b, k, quietTime)
	before := s.ask(b, "usage")
	f := startServerAt(b, "flood "+strconv.Itoa(number)+" x", s.socket)
	flooded := rate(b, k, floodTime)
	after := s.ask(b, "usage")
	f.stop()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(after.RSS-before.RSS)/floodConns/1024, "KB/conn")
	b.ReportMetric(float64(after.CPU-before.CPU)/float64(floodTime), "cores")
	b.ReportMetric(float64(after.Lines-before.Lines)/floodTime.Seconds(), "lines/s")
	b.ReportMetric(quiet, "quiet/s")
	b.ReportMetric(flooded, "flooded/s")
	b.ReportMetric(flooded/quiet, "kept")
}

// rate is how many exchanges in a second k makes within d.
func rate(b *testing.B, k *worker, d time.Duration) float64 {
	began := time.Now()
	n := 0
	for time.Since(began) < d {
		if err := k.exchange(); err != nil {
			b.Fatalf("after %d exchanges: %v", n, err)
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds()
}

// logged is how many lines this process would have logged.
var logged lineCounter

type lineCounter struct{ atomic.Int64 }

func (l *lineCounter) Write(p []byte) (int, error) {
	l.Add(1)
	return len(p), nil
}

// flooded serves what floods ask for.
func (w *wire) flooded(l net.Listener) {
	garbage.Limit(garbage.Default) // as the command does
	srv := &gateway.Server{Handler: protocol.HandlerFunc(floodtest.Serve), Log: slog.New(slog.NewTextHandler(&logged, nil))}
	if w.proto == nil {
		srv.ServeHTTP(l)
	} else {
		srv.Serve(l, w.proto)
	}
}

// runFlood floods the server at socket until the benchmark has gone.
func runFlood(number, socket string) error {
	i, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	kind := floodtest.Kinds()[i]
	s := &floodtest.Source{Kind: &kind, Dial: func() (net.Conn, error) { return net.Dial("unix", socket) }}
	for range floodConns {
		go s.Flood(context.Background())
	}
	return answerQuestions()
}
