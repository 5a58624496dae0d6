package upstream

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// A Probe looks after a backend at regular times.
type Probe struct {
	// Check returns nil if the backend is well. It must end when ctx does, and is called by one
	// goroutine at a time.
	Check func(ctx context.Context) error

	// Interval is from the beginning of one check to the next, and Timeout how long each may take.
	// 0: 5 s; the Interval.
	Interval, Timeout time.Duration

	// Fall failed checks in a row take the backend out, and Rise good ones bring it back. 0: 3; 2.
	// A backend that is added is up.
	Fall, Rise int
}

// withDefaults returns a copy of p with its defaults, or why p cannot be used.
func (p *Probe) withDefaults() (*Probe, error) {
	switch {
	case p.Check == nil:
		return nil, errors.New("the backend's probe has no check")
	case p.Interval < 0, p.Timeout < 0, p.Fall < 0, p.Rise < 0:
		return nil, errors.New("a number or time of the backend's probe is negative")
	}
	own := *p
	own.Interval = cmp.Or(own.Interval, 5*time.Second)
	own.Timeout = cmp.Or(own.Timeout, own.Interval)
	own.Fall, own.Rise = cmp.Or(own.Fall, 3), cmp.Or(own.Rise, 2)
	return &own, nil
}

// probe checks m until ctx ends.
func (b *Balancer) probe(ctx context.Context, m *member) {
	ticker := time.NewTicker(m.Probe.Interval)
	defer ticker.Stop()
	for {
		err := m.Probe.check(ctx)
		if ctx.Err() != nil {
			return
		}
		b.probed(m, err)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// check does one check.
func (p *Probe) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	return p.Check(ctx)
}

// probed notes what a check has found.
func (b *Balancer) probed(m *member, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit := m.Probe.Fall
	if m.down {
		limit = m.Probe.Rise
	}
	if (err == nil) != m.down {
		m.streak = 0
		return
	}
	if m.streak++; m.streak < limit {
		return
	}
	m.streak = 0
	if m.down = !m.down; m.down {
		b.log().Warn("upstream: backend is down by its probes", "backend", m.Name, "error", err)
	} else {
		b.log().Info("upstream: backend is up by its probes", "backend", m.Name)
		b.bringBack(m)
		b.startSlowly(m)
	}
	b.wake()
}
