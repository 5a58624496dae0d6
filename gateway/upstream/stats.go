package upstream

// A State is what a Balancer thinks of a backend.
type State uint8

// The states.
const (
	Up       State = iota // gets requests
	Out                   // failures have taken it out; requests try it after a while
	Down                  // probes have taken it out
	Draining              // see Balancer.Drain
)

var stateNames = [...]string{"up", "out", "down", "draining"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown state"
}

// Stats are figures of a Balancer.
type Stats struct {
	Backends []BackendStats // in the order in which they were added
	Waiting  int            // requests that wait for a backend
	Refused  int64          // requests that got none, in all
}

// BackendStats are figures of one backend.
type BackendStats struct {
	Name     string
	State    State
	Active   int   // requests that it has
	Requests int64 // that were sent to it, in all
	Failures int64 // of those, that count for MaxFails, in all
}

// Stats returns the figures as they are. It may be called at any time.
func (b *Balancer) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Stats{Waiting: len(b.waiting), Refused: b.refused, Backends: make([]BackendStats, len(b.members))}
	for i, m := range b.members {
		s.Backends[i] = BackendStats{Name: m.Name, State: m.state(), Active: m.active, Requests: m.requests, Failures: m.failures}
	}
	return s
}

func (m *member) state() State {
	switch {
	case m.draining:
		return Draining
	case m.down:
		return Down
	case !m.outUntil.IsZero():
		return Out
	}
	return Up
}
