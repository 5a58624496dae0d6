package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// Two backends, of which one does not listen: a request goes on to the other.
func ExampleBalancer() {
	srv := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, "hello")
		return err
	})}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go srv.Serve(l, scgi.Protocol{})
	defer srv.Close()

	balancer := &upstream.Balancer{Policy: upstream.LeastConnections, Queue: 100}
	defer balancer.Close()
	balancer.Add(upstream.Backend{Name: "one", MaxConns: 20, Client: &scgi.Client{Dial: func(ctx context.Context) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}}})
	balancer.Add(upstream.Backend{Name: "two", MaxConns: 20, Client: &scgi.Client{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}})

	res, err := balancer.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/")})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := io.ReadAll(res.Body)
	res.Body.Close()
	fmt.Println(string(text))
	for _, s := range balancer.Stats().Backends {
		fmt.Println(s.Name, s.State, s.Requests, s.Failures)
	}
	// Output:
	// hello
	// one out 1 1
	// two up 1 0
}

// A backend is probed, and one is taken out of service in an orderly way.
func ExampleBalancer_Drain() {
	var balancer upstream.Balancer
	defer balancer.Close()
	for _, name := range []string{"one", "two"} {
		balancer.Add(upstream.Backend{Name: name, Client: says(name), Probe: &upstream.Probe{
			Interval: time.Second,
			Check:    func(context.Context) error { return nil },
		}})
	}
	balancer.Drain("one")
	var s upstream.Stats = balancer.Stats()
	var one upstream.BackendStats = s.Backends[0]
	fmt.Println(one.Name, one.State == upstream.Draining, one.Active)
	balancer.Remove("one")
	fmt.Println(len(balancer.Stats().Backends))
	// Output:
	// one true 0
	// 1
}

// A Policy and a State are written in words.
func ExamplePolicy() {
	var p upstream.Policy
	fmt.Println(p)
	fmt.Println(p.UnmarshalText([]byte("least-connections")))
	for _, s := range []upstream.State{upstream.Up, upstream.Out, upstream.Down, upstream.Draining} {
		fmt.Print(s, " ")
	}
	// Output:
	// round-robin
	// <nil>
	// up out down draining
}
