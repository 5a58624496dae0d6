package gateway

import "runtime"

// ParkIdle parks the connections that are idle, and waits until all are.
func (s *Server) ParkIdle() {
	for s.parkIdle() {
		runtime.Gosched()
	}
}

// ParkNow looks once for connections that are idle.
func (s *Server) ParkNow() { s.parkIdle() }
