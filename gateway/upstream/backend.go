package upstream

import (
	"cmp"
	"errors"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A Backend is one of those that a [Balancer] chooses among. Name and Client must be set.
type Backend struct {
	// Name is what Stats, Drain and the log call the backend, and [protocol.Summary]: its URL, for
	// one. No two backends of a Balancer have the same.
	Name   string
	Client protocol.RoundTripper

	// Weight is the backend's share of the requests, beside the others'. 0: 1.
	Weight int

	// MaxConns is how many requests the backend may have at once. A request counts until its
	// response's body is closed, after a 101 too. 0: no limit.
	MaxConns int

	// MaxFails failures within FailTimeout take the backend out for FailTimeout. After it one
	// request tries the backend; its success brings it back, its failure takes it out once more.
	// In both 0 is the default: 1 failure, 10 s. Negative MaxFails never take it out.
	MaxFails    int
	FailTimeout time.Duration

	// SlowStart is the time in which the weight of a backend that comes back grows from a tenth of
	// Weight to the whole. 0: it has the whole at once.
	SlowStart time.Duration

	// Backup is for a backend that gets requests only where none of the others can take them.
	Backup bool

	// Probe looks after the backend while no request does. nil: nobody does.
	Probe *Probe

	// Close is called once the backend has been removed and its last request has ended. nil: there
	// is nothing to close. Its error is logged.
	Close func() error
}

// The defaults of a Backend.
const (
	DefaultMaxFails    = 1
	DefaultFailTimeout = 10 * time.Second
)

// withDefaults returns be with its defaults, or why it cannot be used.
func (be Backend) withDefaults() (Backend, error) {
	switch {
	case be.Name == "":
		return be, errors.New("the backend has no name")
	case be.Client == nil:
		return be, errors.New("the backend has no client")
	case be.Weight < 0, be.MaxConns < 0, be.FailTimeout < 0, be.SlowStart < 0:
		return be, errors.New("a weight, number or time of the backend is negative")
	}
	be.Weight = cmp.Or(be.Weight, 1)
	be.MaxFails = cmp.Or(be.MaxFails, DefaultMaxFails)
	be.FailTimeout = cmp.Or(be.FailTimeout, DefaultFailTimeout)
	if be.Probe == nil {
		return be, nil
	}
	var err error
	be.Probe, err = be.Probe.withDefaults()
	return be, err
}

// A member is a backend of a Balancer, with what the Balancer notes of it under its lock.
type member struct {
	Backend

	active             int // requests that it has, until their responses' bodies are closed
	requests, failures int64

	draining bool // gets no further request
	removed  bool

	failed   []time.Time // the last failures within FailTimeout, fewer than MaxFails
	outUntil time.Time   // when a request may try it again; zero: failures have not taken it out
	retry    *time.Timer // wakes who waits at outUntil; nil: it was never out
	trials   int         // requests that try it again

	down      bool // its probes have failed
	streak    int  // probes in a row that say the opposite of down
	stopProbe func()

	slowSince time.Time // when it came back; zero: its weight is whole
	current   float64   // of the smooth weighted round robin
}

// usable reports whether m may be chosen, as far as its health tells.
func (m *member) usable(now time.Time) bool {
	return !m.draining && !m.down && (m.outUntil.IsZero() || !now.Before(m.outUntil) && m.trials == 0)
}

// full reports whether m has as many requests as it may.
func (m *member) full() bool { return m.MaxConns > 0 && m.active >= m.MaxConns }

// leastShare is the part of its weight with which a slow start begins.
const leastShare = 0.1

// weight returns m's weight, which grows in its slow start.
func (m *member) weight(now time.Time) float64 {
	if m.slowSince.IsZero() {
		return float64(m.Weight)
	}
	share := float64(now.Sub(m.slowSince)) / float64(m.SlowStart)
	if share >= 1 {
		m.slowSince = time.Time{}
		share = 1
	}
	return max(share, leastShare) * float64(m.Weight)
}
