package interop

import (
	"net"
	"sync/atomic"
	"testing"
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
