package gateway_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// keeping are the ways in which a connection is kept for another request.
var keeping = []string{"fastcgi", "http", "auto, http"}

// kept serves text("left") in this way, by connections that are idle after a while, and returns one
// that has been answered once.
func kept(t *testing.T, way string, lim *protocol.Limits, after time.Duration) (*gateway.Server, net.Conn) {
	t.Helper()
	s := &gateway.Server{MethodOptional: true, Handler: text("left"), Limits: lim}
	s.BecomeIdleAfter(after)
	l := unix(t)
	serve(t, s, func() error { return ways[way].serve(s, l) })
	c := dial(t, l.Addr())
	if !exchange(c, ways[way].request) {
		t.Fatal("no answer")
	}
	return s, c
}

func TestIdleConnectionsServeOn(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) {
			s, c := kept(t, way, nil, time.Millisecond)
			request := ways[way].request
			for range 3 {
				s.AwaitIdle()
				if !exchange(c, request) {
					t.Fatal("no answer on a connection that was idle")
				}
			}
			s.AwaitIdle()
			for i := range len(request) - 1 {
				io.WriteString(c, request[i:i+1])
			}
			if !exchange(c, request[len(request)-1:]) {
				t.Error("no answer to a request that came a byte at a time")
			}
		})
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) { testIdleEnd(t, way) })
	}
}

func testIdleEnd(t *testing.T, way string) {
	for name, end := range map[string]func(s *gateway.Server, c net.Conn){
		"Shutdown": func(s *gateway.Server, _ net.Conn) { s.Shutdown(context.Background()) },
		"Close":    func(s *gateway.Server, _ net.Conn) { s.Close() },
		"the peer": func(_ *gateway.Server, c net.Conn) { c.(*net.UnixConn).CloseWrite() },
	} {
		s, c := kept(t, way, nil, time.Millisecond)
		s.AwaitIdle()
		end(s, c)
		if b, err := io.ReadAll(c); err != nil && name != "Close" || len(b) > 100 {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	for name, timeout := range map[string]time.Duration{"while it is served": 1e6, "while nothing serves it": 2e7} {
		s, c := kept(t, way, &protocol.Limits{IdleTimeout: timeout}, 1e7)
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("IdleTimeout %s: %v", name, err)
		}
		s.Close()
	}
}

// Whenever a connection becomes idle, no request on it is lost.
func TestBecomingIdleLosesNothing(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) {
			const after = 200 * time.Microsecond
			_, c := kept(t, way, nil, after)
			request := ways[way].request
			for i := range 1000 {
				half := i % len(request)
				io.WriteString(c, request[:half])
				spin(2 * after * time.Duration(i%100) / 100)
				if !exchange(c, request[half:]) {
					t.Fatalf("no answer to request %d", i)
				}
				spin(2 * after * time.Duration(i%37) / 37)
			}
		})
	}
}

// What of the next request has come with the one before, and lies in net/http's buffer, is not lost
// either.
func TestBecomingIdleLosesNothingOfAPipeline(t *testing.T) {
	const after = 200 * time.Microsecond
	_, c := kept(t, "http", nil, after)
	request := ways["http"].request
	for i, sent := 0, 0; i < 3*len(request); i++ {
		ahead := i % len(request) // also the first line alone, after which the buffer is empty
		if !exchange(c, request[sent:]+request[:ahead]) {
			t.Fatalf("no answer to request %d, with %d bytes of the next", i, ahead)
		}
		spin(3 * after)
		sent = ahead
	}
}

// spin lets d pass, to meet what happens at that time: no longer than it takes, nor than one
// processor allows.
func spin(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		runtime.Gosched()
	}
}

// A connection that was closed while it became idle was waited for until its idle time was over.
func TestCloseMeetsAnIdleConnection(t *testing.T) {
	for _, way := range keeping {
		for i := range 100 {
			s := &gateway.Server{MethodOptional: true, Handler: text("left")}
			s.BecomeIdleAfter(time.Duration(1+i) * 5 * time.Microsecond)
			l := unix(t)
			done := serve(t, s, func() error { return ways[way].serve(s, l) })
			for range 4 {
				if !exchange(dial(t, l.Addr()), ways[way].request) {
					t.Fatal("no answer")
				}
			}
			s.Close()
			<-done
		}
	}
}

// What is not a socket stays served: nobody could wait for its next request without reading. In
// this test time is virtual.
func TestWhatIsNoSocketServesOn(t *testing.T) {
	for _, way := range keeping {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &gateway.Server{MethodOptional: true, Handler: text("left")}
				l := pipe(t)
				serve(t, s, func() error { return ways[way].serve(s, l) })
				c, err := l.(*netiotest.Pipes).Dial(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for range 3 {
					if !exchange(c, ways[way].request) {
						t.Fatal("no answer")
					}
					<-time.After(time.Minute)
				}
			})
		})
	}
}

// A request that has come before a shutdown began is served, also where nothing serves its
// connection yet.
func TestShutdownServesWhatHasComeToAnIdleConnection(t *testing.T) {
	for _, way := range keeping {
		for range 50 {
			s, c := kept(t, way, nil, time.Millisecond)
			s.AwaitIdle()
			io.WriteString(c, ways[way].request)
			shut := make(chan error, 1)
			go func() { shut <- s.Shutdown(context.Background()) }()
			if !exchange(c, "") {
				t.Errorf("%s: no answer", way)
			}
			if err := <-shut; err != nil {
				t.Errorf("%s: %v", way, err)
			}
		}
	}
}
