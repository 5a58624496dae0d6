package gateway_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// keeping are the ways in which a connection is kept for another request.
var keeping = []string{"fastcgi", "http", "auto, http"}

// kept serves text("left") in this way and returns a connection that has been answered once and is
// parked.
func kept(t *testing.T, way string, lim *protocol.Limits) (*gateway.Server, net.Conn) {
	t.Helper()
	s := &gateway.Server{MethodOptional: true, Handler: text("left"), Limits: lim}
	l := unix(t)
	serve(t, s, func() error { return ways[way].serve(s, l) })
	c := dial(t, l.Addr())
	if !exchange(c, ways[way].request) {
		t.Fatal("no answer")
	}
	s.ParkIdle()
	return s, c
}

func TestParkedConnectionsServeOn(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) {
			s, c := kept(t, way, nil)
			request := ways[way].request
			for range 3 {
				if !exchange(c, request) {
					t.Fatal("no answer on a connection that was parked")
				}
				s.ParkIdle()
			}
			for i := range len(request) - 1 {
				io.WriteString(c, request[i:i+1])
			}
			if !exchange(c, request[len(request)-1:]) {
				t.Error("no answer to a request that came a byte at a time")
			}
		})
	}
}

func TestParkedConnectionsEnd(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) { testParkedEnd(t, way) })
	}
}

func testParkedEnd(t *testing.T, way string) {
	for name, end := range map[string]func(s *gateway.Server, c net.Conn){
		"Shutdown": func(s *gateway.Server, _ net.Conn) { s.Shutdown(context.Background()) },
		"Close":    func(s *gateway.Server, _ net.Conn) { s.Close() },
		"the peer": func(_ *gateway.Server, c net.Conn) { c.(*net.UnixConn).CloseWrite() },
	} {
		s, c := kept(t, way, nil)
		end(s, c)
		if b, err := io.ReadAll(c); err != nil && name != "Close" || len(b) > 100 {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	s, c := kept(t, way, &protocol.Limits{IdleTimeout: 1e6})
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("IdleTimeout: %v", err)
	}
	s.Close()
}

// Whenever a connection is asked to park, no request on it is lost.
func TestParkingLosesNothing(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) {
			s, c := kept(t, way, nil)
			defer keepParking(s)()
			request := ways[way].request
			for i := range 1000 {
				half := i % len(request)
				io.WriteString(c, request[:half])
				if !exchange(c, request[half:]) {
					t.Fatalf("no answer to request %d", i)
				}
			}
		})
	}
}

// What of the next request has come with the one before, and lies in net/http's buffer, is not lost
// either.
func TestParkingLosesNothingOfAPipeline(t *testing.T) {
	s, c := kept(t, "http", nil)
	request := ways["http"].request
	for i, sent := 0, 0; i < 3*len(request); i++ {
		ahead := i % len(request) // also the first line alone, after which the buffer is empty
		if !exchange(c, request[sent:]+request[:ahead]) {
			t.Fatalf("no answer to request %d, with %d bytes of the next", i, ahead)
		}
		for range 500 {
			s.ParkNow()
			runtime.Gosched()
		}
		sent = ahead
	}
}

// keepParking looks for idle connections all the time, until the function that it returns is
// called.
func keepParking(s *gateway.Server) (end func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				s.ParkNow()
				runtime.Gosched() // also where there is one processor
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// A connection that was closed while it was being parked was waited for until its idle time was
// over.
func TestCloseMeetsParking(t *testing.T) {
	for _, way := range keeping {
		for range 100 {
			s := &gateway.Server{MethodOptional: true, Handler: text("left")}
			l := unix(t)
			done := serve(t, s, func() error { return ways[way].serve(s, l) })
			for range 4 {
				if !exchange(dial(t, l.Addr()), ways[way].request) {
					t.Fatal("no answer")
				}
			}
			end := keepParking(s)
			s.Close()
			<-done
			end()
		}
	}
}
