package gateway

import (
	"runtime"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// BecomeIdleAfter has nothing serve a connection that has waited for so long for its next request.
// It comes before Serve.
func (s *Server) BecomeIdleAfter(d time.Duration) {
	s.init()
	s.run.idleAfter = d
}

// AwaitIdle waits until no connection is served.
func (s *Server) AwaitIdle() {
	for busy := true; busy; runtime.Gosched() {
		busy = false
		s.each(func(c *conn) {
			c.mu.Lock()
			defer c.mu.Unlock()
			busy = busy || c.state == served
		})
	}
}

// FollowHTTP returns how many bytes of text net/http gets, and where in them requests begin or end.
func FollowHTTP(text []byte) (n int, bounds []int) {
	f := &webFraming{most: protocol.DefaultParamCount}
	for n < len(text) && f.at != over {
		if m, err := f.follow(text[n : n+1]); err != nil {
			return n + m, bounds
		}
		if n++; f.at == requestLine && f.kept == 0 {
			bounds = append(bounds, n)
		}
	}
	return n, bounds
}
