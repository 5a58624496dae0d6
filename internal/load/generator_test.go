package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// aRequest is a small request, or one with a body.
func aRequest(body string) *protocol.Request {
	method := "GET"
	if body != "" {
		method = "POST"
	}
	return &protocol.Request{ContentLength: int64(len(body)), Body: strings.NewReader(body),
		Params: protocol.Pairs("REQUEST_METHOD", method, "CONTENT_LENGTH", strconv.Itoa(len(body)), "SCRIPT_NAME", "", "PATH_INFO", "/x",
			"REQUEST_URI", "/x", "QUERY_STRING", "", "SERVER_PROTOCOL", "HTTP/1.1", "SERVER_NAME", "localhost", "SERVER_PORT", "80",
			"HTTP_HOST", "localhost", "REMOTE_ADDR", "127.0.0.1", "GATEWAY_INTERFACE", "CGI/1.1")}
}

// serve serves h by our own server until the test ends.
func serve(t *testing.T, w *Wire, network string, h protocol.Handler) net.Addr {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	srv := &gateway.Server{Handler: h, Log: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() {
		switch w.Protocol {
		case "http":
			done <- srv.ServeHTTP(l)
		case "fastcgi":
			done <- srv.Serve(l, fastcgi.Protocol{})
		case "scgi":
			done <- srv.Serve(l, scgi.Protocol{})
		default:
			done <- srv.Serve(l, uwsgi.Protocol{})
		}
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return l.Addr()
}

func generate(t *testing.T, w *Wire, at net.Addr, r *protocol.Request, want []byte, conns int) *Generator {
	t.Helper()
	request, err := w.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Config{Wire: w, Network: at.Network(), Address: at.String(), Request: request, Want: want, Connections: conns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func runLoad(t *testing.T, g *Generator, p Pace) *Result {
	t.Helper()
	r, err := g.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCounts: as many requests as are asked for reach the server, each is answered, and the bytes
// are those of the requests.
func TestCounts(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 5<<10)
	for _, w := range Wires() {
		for _, row := range []struct{ network, body string }{{"unix", ""}, {"unix", large}, {"tcp", "hello"}} {
			t.Run(fmt.Sprintf("%s/%s/%d", w.Name, row.network, len(row.body)), func(t *testing.T) {
				t.Parallel()
				testCounts(t, w, row.network, row.body)
			})
		}
	}
}

func testCounts(t *testing.T, w *Wire, network, body string) {
	const requests, conns = 30, 4
	var served atomic.Int64
	want := "you sent " + body
	at := serve(t, w, network, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		served.Add(1)
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, "you sent "+string(b))
		return err
	}))
	g := generate(t, w, at, aRequest(body), []byte(want), conns)
	for run := range 2 { // the second over kept connections, where the wire keeps them
		r := runLoad(t, g, Pace{Requests: requests})
		if r.Requests != requests || r.Failed != 0 || r.Latency.TotalCount() != requests {
			t.Fatalf("run %d: %d requests, %d failed, %d latencies: %v", run, r.Requests, r.Failed, r.Latency.TotalCount(), r.Errors)
		}
		if got := served.Load(); got != int64(run+1)*requests {
			t.Errorf("run %d: the server has served %d requests", run, got)
		}
		if sent := int64(requests * len(g.cfg.Request)); r.Sent != sent {
			t.Errorf("run %d: %d bytes sent, want %d", run, r.Sent, sent)
		}
		if least := int64(requests * len(want)); r.Received < least || r.Received > 2*least+requests*1000 {
			t.Errorf("run %d: %d bytes received, for %d bytes of bodies", run, r.Received, least)
		}
		if r.Rate() <= 0 || r.Quantile(50) <= 0 || r.Quantile(99) < r.Quantile(50) {
			t.Errorf("run %d: rate %v, median %v", run, r.Rate(), r.Quantile(50))
		}
	}
}

// TestDuration: a run without a number of requests ends by its duration, and at a rate has as many
// requests as were due in it.
func TestDuration(t *testing.T) {
	for _, name := range []string{"fastcgi-kept", "fastcgi-mux", "scgi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := WireNamed(name)
			at := serve(t, w, "unix", protocol.HandlerFunc(func(w protocol.ResponseWriter, _ *protocol.Request) error {
				_, err := io.WriteString(w, "hello")
				return err
			}))
			g := generate(t, w, at, aRequest(""), []byte("hello"), 4)
			if r := runLoad(t, g, Pace{Duration: 20 * time.Millisecond}); r.Requests == 0 || r.Failed != 0 || r.Elapsed < 20*time.Millisecond {
				t.Errorf("%d requests, %d failed, in %v: %v", r.Requests, r.Failed, r.Elapsed, r.Errors)
			}
			if r := runLoad(t, g, Pace{Duration: 100 * time.Millisecond, Rate: 400}); r.Requests != 40 || r.Failed != 0 {
				t.Errorf("at a rate: %d requests, %d failed, want 40: %v", r.Requests, r.Failed, r.Errors)
			}
		})
	}
}

// TestInterrupted: a run whose context ends returns, although the server never answers.
func TestInterrupted(t *testing.T) {
	for _, name := range []string{"http", "fastcgi-mux", "uwsgi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 100)
			at := serve(t, WireNamed(name), "unix", protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
				asked <- struct{}{}
				<-r.Context().Done()
				return r.Context().Err()
			}))
			g := generate(t, WireNamed(name), at, aRequest(""), []byte("hello"), 3)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if r, err := g.Run(ctx, Pace{Requests: 10}); err != context.Canceled {
				t.Errorf("%v, %v", r, err)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{Wire: WireNamed("http")}); err == nil {
		t.Error("no Request, and no error")
	}
	if _, err := New(Config{Request: []byte("x")}); err == nil {
		t.Error("no Wire, and no error")
	}
	g, err := New(Config{Wire: WireNamed("http"), Request: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Run(t.Context(), Pace{}); err == nil {
		t.Error("a run without an end, and no error")
	}
	if _, err := WireNamed("scgi").Encode(&protocol.Request{Body: bytes.NewReader(nil), ContentLength: 5}); err == nil {
		t.Error("a body that is too short, and no error")
	}
	if _, err := New(Config{Wire: WireNamed("fastcgi-mux"), Request: []byte("no record")}); err == nil {
		t.Error("no records, and no error")
	}
	if w := WireNamed("gopher"); w != nil {
		t.Error(w)
	}
}
