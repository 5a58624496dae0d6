package gateway

import (
	"runtime"

	"github.com/postern-gateway/postern/protocol"
)

// ParkIdle parks the connections that are idle, and waits until all are.
func (s *Server) ParkIdle() {
	for s.parkIdle() {
		runtime.Gosched()
	}
}

// ParkNow looks once for connections that are idle.
func (s *Server) ParkNow() { s.parkIdle() }

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
