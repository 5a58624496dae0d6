package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// A backend that is drained has what it has to its end, and nothing more.
func TestDrain(t *testing.T) {
	closed := 0
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Close: func() error { closed++; return errors.New("logged") }}, upstream.Backend{Name: "B"})
	_, body := hold(t, b)
	if err := b.Drain("A"); err != nil {
		t.Fatal(err)
	}
	if got := asks(t, b, 3); got != "B B B" || states(b) != "A draining, B up" || b.Stats().Backends[0].Active != 1 {
		t.Errorf("%s; %+v", got, b.Stats())
	}
	if err := b.Resume("A"); err != nil {
		t.Fatal(err)
	}
	if got := asks(t, b, 2); got != "B A" {
		t.Error(got)
	}
	if err := b.Remove("A"); err != nil || states(b) != "B up" || closed != 0 {
		t.Error(err, states(b), closed)
	}
	body.Close()
	body.Close()
	if closed != 1 {
		t.Errorf("closed %d times after its last request", closed)
	}
	b.Drain("B")
	if _, err := b.RoundTrip(t.Context(), request("GET")); protocol.Status(err) != 503 {
		t.Error(err)
	}
	for _, err := range []error{b.Drain("A"), b.Resume("A"), b.Remove("A")} {
		if !errors.Is(err, protocol.ErrNotFound) {
			t.Error(err)
		}
	}
}

// Add refuses what cannot be used.
func TestAdd(t *testing.T) {
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A"})
	well := func(context.Context) error { return nil }
	for _, row := range []struct {
		be  upstream.Backend
		err string
	}{
		{upstream.Backend{Client: says("")}, `"": the backend has no name`},
		{upstream.Backend{Name: "B"}, `"B": the backend has no client`},
		{upstream.Backend{Name: "A", Client: says("")}, `"A": there is a backend of that name`},
		{upstream.Backend{Name: "B", Client: says(""), Weight: -1}, `"B": a weight, number or time of the backend is negative`},
		{upstream.Backend{Name: "B", Client: says(""), Probe: new(upstream.Probe)}, `"B": the backend's probe has no check`},
		{upstream.Backend{Name: "B", Client: says(""), Probe: &upstream.Probe{Check: well, Interval: -1}}, `"B": a number or time of the backend's probe is negative`},
		{upstream.Backend{Name: "B", Client: says(""), Probe: &upstream.Probe{Check: well, Fall: -1}}, `"B": a number or time of the backend's probe is negative`},
	} {
		if err := b.Add(row.be); err == nil || err.Error() != row.err {
			t.Errorf("got %v, want %s", err, row.err)
		}
	}
}

// An idle backend is closed when it is removed, or with the Balancer; then there is none.
func TestClose(t *testing.T) {
	var closed []string
	backend := func(name string) upstream.Backend {
		return upstream.Backend{Name: name, Close: func() error { closed = append(closed, name); return nil }}
	}
	b := balancer(t, new(upstream.Balancer), backend("A"), backend("B"))
	b.Remove("A")
	b.Close()
	if len(closed) != 2 || closed[0] != "A" || closed[1] != "B" {
		t.Error(closed)
	}
	if _, err := b.RoundTrip(t.Context(), request("GET")); protocol.Status(err) != 503 {
		t.Error(err)
	}
}

// pipe is the body of a 101 response.
type pipe struct {
	io.ReadCloser
	io.Writer
	ended bool
}

func (p *pipe) CloseWrite() error { p.ended = true; return nil }

// What follows a 101 is a connection both ways, which counts until it is closed.
func TestTunnelCounts(t *testing.T) {
	r, w := io.Pipe()
	p := &pipe{ReadCloser: r, Writer: w}
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: client(func(context.Context, *protocol.Request) (*protocol.Response, error) {
		return &protocol.Response{Status: http.StatusSwitchingProtocols, Body: p}, nil
	})})
	res, err := b.RoundTrip(t.Context(), request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	both := res.Body.(io.ReadWriter)
	go both.Write([]byte("hello"))
	text := make([]byte, 5)
	if _, err := io.ReadFull(both, text); err != nil || string(text) != "hello" {
		t.Errorf("%q, %v", text, err)
	}
	if err := both.(interface{ CloseWrite() error }).CloseWrite(); err != nil || !p.ended {
		t.Error(err)
	}
	if b.Stats().Backends[0].Active != 1 {
		t.Error("it counts no more")
	}
	res.Body.Close()
	if b.Stats().Backends[0].Active != 0 {
		t.Error("it still counts")
	}
}
