package benchmarks

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// BenchmarkClient compares fastcgi.Client, which calls a native backend of ours, with net/http's
// client, which calls net/http's server: a small GET on connections that are kept, 8 at once. The
// backend is a process of its own. client-ns/op and server-ns/op are the CPU time of each side, and
// ns/op is the time that both take together.
func BenchmarkClient(b *testing.B) {
	for _, row := range []struct {
		name string
		make func(tb testing.TB) (*server, func())
	}{
		{"fastcgi", func(tb testing.TB) (*server, func()) { return fastcgiGetter(tb, 0) }},
		{"fastcgi-mux", func(tb testing.TB) (*server, func()) { return fastcgiGetter(tb, 8) }},
		{"net-http", httpGetter},
	} {
		b.Run(row.name, func(b *testing.B) {
			s, get := row.make(b)
			b.SetParallelism(max(1, workers/runtime.GOMAXPROCS(0)))
			b.ReportAllocs()
			before, own := s.ask(b, "usage"), new(usage)
			own.count()
			began := own.CPU
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					get()
				}
			})
			b.StopTimer()
			own.count()
			b.ReportMetric(float64(own.CPU-began)/float64(b.N), "client-ns/op")
			b.ReportMetric(float64(s.ask(b, "usage").CPU-before.CPU)/float64(b.N), "server-ns/op")
		})
	}
}

// fastcgiGetter returns what gets a small page from a native backend of ours.
func fastcgiGetter(tb testing.TB, multiplex int) (s *server, get func()) {
	s = startServer(tb, "fastcgi get native")
	client := &fastcgi.Client{MaxIdle: workers, Multiplex: multiplex, Dial: dialer(s.socket)}
	tb.Cleanup(client.CloseIdleConnections)
	ctx, cancel := context.WithCancel(context.Background())
	tb.Cleanup(cancel)
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "SERVER_PROTOCOL", "HTTP/1.1")}
	return s, func() {
		res, err := client.RoundTrip(ctx, r)
		if err != nil {
			tb.Error(err)
			return
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			tb.Error(err)
		}
		res.Body.Close()
	}
}

// httpGetter returns what gets the same page by net/http from net/http.
func httpGetter(tb testing.TB) (s *server, get func()) {
	s = startServer(tb, "http get net-http")
	dial := dialer(s.socket)
	transport := &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }}
	tb.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	return s, func() {
		res, err := client.Get("http://localhost/")
		if err != nil {
			tb.Error(err)
			return
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			tb.Error(err)
		}
		res.Body.Close()
	}
}

func dialer(socket string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return netio.DialUnix(ctx, "unix", socket) }
}

// BenchmarkProxy compares FastCGI to FastCGI through gateway.Proxy with a native answer.
// server-ns/op is the CPU time of the proxy alone, or else of the server.
func BenchmarkProxy(b *testing.B) {
	for _, row := range []string{"native", "proxy", "proxy-mux"} {
		b.Run(row, func(b *testing.B) {
			variant := row
			if row != "native" {
				variant += "=" + startServer(b, "fastcgi get native").socket
			}
			benchmarkServe(b, new(table), wireNamed("fastcgi"), exercises[0], variant)
		})
	}
}

// proxyTo sends requests on to the FastCGI backend at socket, with params added to each. keep is
// how many connections are kept, and multiplex how many requests each may carry.
func proxyTo(socket string, keep, multiplex int, params ...protocol.Param) protocol.Handler {
	p := &gateway.Proxy{Backend: &fastcgi.Client{MaxIdle: keep, Multiplex: multiplex, Dial: dialer(socket)}}
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		r.Params = append(r.Params, params...)
		return p.Serve(w, r)
	})
}
