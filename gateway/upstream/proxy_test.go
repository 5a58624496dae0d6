package upstream_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// A Proxy before a Balancer tells which backend has answered, and its front Retry-After where none
// could.
func TestBehindAProxy(t *testing.T) {
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: fails(errRefused)}, upstream.Backend{Name: "B", MaxConns: 1})
	told := make(chan string, 1)
	s := &gateway.Server{Handler: &gateway.Proxy{Backend: b}, Log: slog.New(slog.DiscardHandler),
		Observe: func(_ *protocol.Request, s protocol.Summary) { told <- s.Backend }}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.ServeHTTP(l) }()
	defer func() { s.Close(); <-done }()
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(name string) *http.Response {
		res, err := web.Get("http://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if got := <-told; got != name {
			t.Errorf("told backend %q, want %q", got, name)
		}
		return res
	}
	if res := get("B"); res.StatusCode != 200 {
		t.Error(res.Status)
	}
	hold(t, b)
	if res := get(""); res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" {
		t.Error(res.Status, res.Header)
	}
}

// A head that is too late for the Proxy's ResponseTimeout is a failure of the backend.
func TestTooSlowForTheProxy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: client(func(ctx context.Context, _ *protocol.Request) (*protocol.Response, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		})})
		w := httptest.NewRecorder()
		protocol.ToHTTP(&gateway.Proxy{Backend: b, ResponseTimeout: time.Second}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 504 || states(b) != "A out" {
			t.Errorf("%d; %s", w.Code, states(b))
		}
	})
}
