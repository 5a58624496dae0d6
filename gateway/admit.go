package gateway

import (
	"log/slog"
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// admit has nc served if its peer may connect. The goroutine that has served it then accepts the
// next one itself if that has come by then: it need not be handed from one goroutine to another.
func (s *Server) admit(l *activeListener, nc net.Conn) {
	if c := s.admitted(l, nc); c != nil {
		s.run.workers.serve(func() {
			for ; c != nil; c = s.come(l) {
				c.start()
			}
		})
	}
}

// admitted returns nc as a connection of the server, or nil if it is not to be served.
func (s *Server) admitted(l *activeListener, nc net.Conn) *conn {
	if !l.allow.Admits(nc.RemoteAddr()) {
		s.refuse(l, nc)
		return nil
	}
	s.run.totals.accepted.Add(1)
	c := s.begin(l, nc)
	if c == nil {
		nc.Close()
	}
	return c
}

// come returns a connection that has come already, or nil. Nobody is in it any more once the
// listener is given back: whoever gets it may make it block.
func (s *Server) come(l *activeListener) *conn {
	if l.acceptor == nil || s.MaxConns > 0 || !l.coming.TryRLock() {
		return nil
	}
	defer l.coming.RUnlock()
	if s.run.closing.Load() || l.detached.Load() {
		return nil
	}
	if nc := l.acceptor.Come(); nc != nil {
		return s.admitted(l, nc)
	}
	return nil
}

// How connections are accepted that wait in the system's queue of a listener which is to be closed:
// as many as most systems let wait, and for so long that a busy machine comes to it.
const (
	queueMax  = 4096
	queueTime = 10 * time.Millisecond
)

// waiting returns the connections that a listener which is to be closed has in the system's queue:
// their clients take them for accepted.
func (s *Server) waiting(l *activeListener) (all []net.Conn) {
	d, ok := netio.PlainListener(l.Listener).(deadliner)
	if !ok || l.detached.Load() || !s.run.closing.Load() {
		return nil
	}
	for range queueMax {
		d.SetDeadline(time.Now().Add(queueTime))
		nc, err := l.Accept()
		if err != nil {
			break
		}
		all = append(all, nc)
	}
	return all
}

// refuse closes the connection of a forbidden peer.
func (s *Server) refuse(l *activeListener, nc net.Conn) {
	s.run.totals.refused.Add(1)
	nc.Close()
	l.refused.Log(s.run.log, 1, slog.LevelWarn, "forbidden peer "+hostOf(nc.RemoteAddr())+" on "+l.name+": add it to allow=",
		slog.String("peer", peerName(nc)), slog.String("listener", l.name))
}
