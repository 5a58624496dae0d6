package interop

import (
	"net"
	"sync/atomic"
	"testing"
)

// short keeps the answers of a flood so short that all of them fit in HAProxy's buffer: see the departure of "many at once".
var short = weight{echo: 512, refused: true}

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

// HAProxy carries 64 requests at once on few connections, aborts among them, and none gets another's answer.
func TestMultiplexing(t *testing.T) {
	needFronts(t)
	for _, handler := range []string{"native", "net-http"} {
		t.Run(handler, func(t *testing.T) {
			tcp, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := &countingListener{Listener: tcp}
			p := &pair{front: haproxy(), protocol: "fastcgi", conf: "fastcgi-mpxs"}
			s := &site{pair: p, client: newClient(), exercise: newExercise(), viaHTTP: handler == "net-http"}
			t.Cleanup(s.client.CloseIdleConnections)
			serve(t, s.exercise, l, p.protocol)
			c := startFront(t, p.front, p.conf, l.Addr(), "")
			s.addr, s.tlsAddr = loopback(c.Port), loopback(c.TLSPort)

			const atOnce, rounds = 64, 16
			flood(t, s, atOnce, rounds, short)
			conns := l.accepted.Load()
			t.Logf("%d requests, %d at once, on %d connections in all", atOnce*rounds, atOnce, conns)
			if conns > atOnce {
				t.Errorf("%d connections: nothing was multiplexed", conns)
			}
		})
	}
}
