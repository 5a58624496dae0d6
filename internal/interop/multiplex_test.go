package interop

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// larger has answers that are larger than the buffer which HAProxy has by default.
var larger = weight{echo: 60_000, refused: true}

// countingListener counts the connections that it accepts.
type countingListener struct {
	net.Listener
	accepted atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.accepted.Add(1)
	}
	return c, err
}

// HAProxy carries 64 requests at once on few connections, aborts among them, and none gets
// another's answer. It lives, which 2.6.12 does not when a head is in a record that is larger than
// its buffer.
func TestMultiplexing(t *testing.T) {
	needFronts(t)
	for _, handler := range []string{"native", "net-http"} {
		t.Run(handler, func(t *testing.T) {
			tcp, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := &countingListener{Listener: tcp}
			p := &pair{front: haproxy(), protocol: "fastcgi", conf: "fastcgi-mpxs-16k"}
			s := &site{pair: p, client: newClient(), exercise: newExercise(), viaHTTP: handler == "net-http"}
			t.Cleanup(s.client.CloseIdleConnections)
			serve(t, s.exercise, l, p.protocol)
			c := startFront(t, p.front, p.conf, l.Addr(), "")
			s.addr, s.tlsAddr = loopback(c.Port), loopback(c.TLSPort)

			const atOnce, rounds, more = 64, 16, 64
			flood(t, s, atOnce, rounds, larger)
			conns := l.accepted.Load()
			t.Logf("%d requests, %d at once, on %d connections in all", atOnce*rounds, atOnce, conns)
			if conns > atOnce {
				t.Errorf("%d connections: nothing was multiplexed", conns)
			}
			// With both handlers more than 10,000 requests.
			flood(t, s, atOnce, more, larger)
		})
	}
}

// HAProxy, which has not asked, begins more requests on a connection than it takes: each gets its
// own answer or a 503. With FCGI_OVERLOADED instead, 2.6.12 gives no answer to a request whose body
// it is sending, until "timeout server".
func TestMoreRequestsThanAConnectionTakes(t *testing.T) {
	needFronts(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{pair: &pair{front: haproxy(), protocol: "fastcgi"}, client: newClient(), exercise: newExercise()}
	t.Cleanup(s.client.CloseIdleConnections)
	busy := make(chan bool) // until one has been refused
	letGo := sync.OnceFunc(func() { close(busy) })
	defer letGo()
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		<-busy
		return s.exercise.Serve(w, r)
	})
	server := &gateway.Server{Handler: h, Limits: &protocol.Limits{Requests: 8}, Log: backendLog(t)}
	run(t, server, l, "fastcgi")
	c := startFront(t, s.front, "fastcgi-mpxs-unasked", l.Addr(), "")
	s.addr, s.tlsAddr = loopback(c.Port), loopback(c.TLSPort)

	const atOnce, rounds = 64, 16
	var served, refused atomic.Int64
	for round := range rounds {
		var wg sync.WaitGroup
		for i := range atOnce {
			wg.Go(func() {
				body := make([]byte, 50_000)
				rand.NewChaCha8([32]byte{byte(round), byte(i)}).Read(body)
				r, err := s.try(t.Context(), call{path: "/t/sum", body: bytes.NewReader(body)})
				switch {
				case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
					// HAProxy has refused it, and not taken its body.
				case err != nil:
					t.Errorf("round %d, request %d: %v", round, i, err)
				case r.status == 503 && r.header.Get("Retry-After") != "":
					refused.Add(1)
					letGo()
				case r.status != 200 || string(r.body) != sumOf(body):
					t.Errorf("round %d, request %d: status %d, %.100q", round, i, r.status, r.body)
				default:
					served.Add(1)
				}
			})
		}
		wg.Wait()
	}
	t.Logf("%d served, %d refused", served.Load(), refused.Load())
}
