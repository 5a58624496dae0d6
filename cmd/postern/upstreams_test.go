package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/upstream"
)

// Of several backends one that is not there costs no request, also none with a body, and a queue
// and a policy are taken.
func TestServeSeveral(t *testing.T) {
	backends := startServe(t, 2, "--to", "demo:", "--listen", "scgi://127.0.0.1:0", "--listen", "http://127.0.0.1:0")
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	front := startServe(t, 1, "--listen", "http://127.0.0.1:0", "--to", "uwsgi://"+gone.Addr().String()+"?fail-timeout=1ms", "--to", backends[0]+"?weight=2",
		"--to", backends[1]+"?max-conns=2", "--balance", "least-connections", "--queue", "10", "--tries", "3")[0]
	for range 6 {
		echoThrough(t, front)
	}
	echoThrough(t, startServe(t, 1, "--listen", "http://127.0.0.1:0", "--to", backends[0], "--option", "max-conns=1", "--queue", "1")[0])
}

// A WebSocket goes through a balancer, over each protocol that has it, and counts as a request
// until it is closed.
func TestWebSocketThroughBalancer(t *testing.T) {
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	b := new(upstream.Balancer)
	defer b.Close()
	for _, url := range startServe(t, 3, "--to", "demo:", "--listen", "http://127.0.0.1:0", "--listen", "scgi://127.0.0.1:0", "--listen", "uwsgi://127.0.0.1:0") {
		be, err := endpoint.NewBackend(url, nil)
		if err == nil {
			err = b.Add(be)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &gateway.Server{Handler: &gateway.Proxy{Backend: b}}
	done := make(chan error)
	go func() { done <- s.ServeHTTP(l) }()
	var open []*websocket.Conn
	for i := range b.Stats().Backends {
		c, _, err := websocket.Dial(ctx, "ws://"+l.Addr().String()+"/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		text := strings.Repeat("hello ", i+1)
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, be := range b.Stats().Backends {
		if be.Active != 1 {
			t.Errorf("while the WebSocket is open: %+v", be)
		}
	}
	for _, c := range open {
		if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
	}
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	<-done
	for _, be := range b.Stats().Backends {
		if be.Active != 0 || be.State != upstream.Up {
			t.Errorf("after its end: %+v", be)
		}
	}
}
