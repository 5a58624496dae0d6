package gateway_test

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// kept serves text("left") by FastCGI and returns a connection that has been answered once and is parked.
func kept(t *testing.T, lim *protocol.Limits) (*gateway.Server, net.Conn) {
	t.Helper()
	s := &gateway.Server{MethodOptional: true, Handler: text("left"), Limits: lim}
	l := unix(t)
	serve(t, s, func() error { return s.Serve(l, fastcgi.Protocol{}) })
	c := dial(t, l.Addr())
	if !exchange(c, ways["fastcgi"].request) {
		t.Fatal("no answer")
	}
	s.ParkIdle()
	return s, c
}

func TestParkedConnectionsServeOn(t *testing.T) {
	s, c := kept(t, nil)
	for range 3 {
		if !exchange(c, ways["fastcgi"].request) {
			t.Fatal("no answer on a connection that was parked")
		}
		s.ParkIdle()
	}
	request := ways["fastcgi"].request
	for i := range len(request) - 1 {
		io.WriteString(c, request[i:i+1])
	}
	if !exchange(c, request[len(request)-1:]) {
		t.Error("no answer to a request that came a byte at a time")
	}
}

func TestParkedConnectionsEnd(t *testing.T) {
	for name, end := range map[string]func(s *gateway.Server, c net.Conn){
		"Shutdown": func(s *gateway.Server, _ net.Conn) { s.Shutdown(context.Background()) },
		"Close":    func(s *gateway.Server, _ net.Conn) { s.Close() },
		"the peer": func(_ *gateway.Server, c net.Conn) { c.(*net.UnixConn).CloseWrite() },
	} {
		s, c := kept(t, nil)
		end(s, c)
		if b, err := io.ReadAll(c); err != nil && name != "Close" || len(b) > 100 {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	s, c := kept(t, &protocol.Limits{IdleTimeout: 1e6})
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("IdleTimeout: %v", err)
	}
	s.Close()
}

// Whenever a connection is asked to park, no request on it is lost.
func TestParkingLosesNothing(t *testing.T) {
	s, c := kept(t, nil)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				s.ParkNow()
			}
		}
	}()
	request := ways["fastcgi"].request
	for i := range 1000 {
		half := i % len(request)
		io.WriteString(c, request[:half])
		if !exchange(c, request[half:]) {
			t.Fatalf("no answer to request %d", i)
		}
	}
	close(stop)
	<-stopped
}
