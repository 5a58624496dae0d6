package upstream

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A lease is that of a request at a backend.
type lease struct {
	*member
	trial  bool // failures had taken the backend out: the request tries it again
	others bool // another backend could have taken the request
}

// pick takes a lease at a backend that is none of tried: at one that is up, else at a backup, else
// at the one that failures took out longest ago. full says that there is one only with as many
// requests as it may have. b.mu is held.
func (b *Balancer) pick(tried []*member) (p lease, full bool) {
	now := time.Now()
	for _, backup := range []bool{false, true} {
		b.candidates = b.candidates[:0]
		for _, m := range b.members {
			switch {
			case m.Backup != backup, !m.usable(now), slices.Contains(tried, m):
			case m.full():
				full = true
			default:
				b.candidates = append(b.candidates, m)
			}
		}
		if n := len(b.candidates); n > 0 {
			p = b.take(b.Policy.choose(b.candidates, now))
			p.others = n > 1 || !backup && b.hasBackup(tried, now)
			return p, false
		}
	}
	if full {
		return lease{}, true
	}
	m, full := b.longestOut(tried)
	if m == nil {
		return lease{}, full
	}
	return b.take(m), false
}

// hasBackup reports whether a backup could take a request that has tried those.
func (b *Balancer) hasBackup(tried []*member, now time.Time) bool {
	return slices.ContainsFunc(b.members, func(m *member) bool {
		return m.Backup && m.usable(now) && !m.full() && !slices.Contains(tried, m)
	})
}

// longestOut returns the one that failures took out longest ago, of those that are none of tried.
func (b *Balancer) longestOut(tried []*member) (longest *member, full bool) {
	for _, m := range b.members {
		switch {
		case m.draining, m.down, m.outUntil.IsZero(), slices.Contains(tried, m):
		case m.full():
			full = true
		case longest == nil || m.outUntil.Before(longest.outUntil):
			longest = m
		}
	}
	return longest, full && longest == nil
}

// take takes a lease at m.
func (b *Balancer) take(m *member) lease {
	m.active++
	m.requests++
	p := lease{member: m, trial: !m.outUntil.IsZero()}
	if p.trial {
		m.trials++
	}
	return p
}

// release gives a lease at m back.
func (b *Balancer) release(m *member) {
	b.mu.Lock()
	m.active--
	ended := m.removed && m.active == 0
	b.wake()
	b.mu.Unlock()
	if ended {
		b.close(m)
	}
}

// none is the error of a request for which there is no backend.
func (b *Balancer) none() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused++
	e := &protocol.Error{Op: "choose a backend", Kind: protocol.ErrUpstream, Detail: "there is none", NotSent: true,
		Status: http.StatusServiceUnavailable}
	if len(b.members) == 0 {
		return e
	}
	down := 0
	for _, m := range b.members {
		if m.down {
			down++
			e.RetryAfter = min(cmp.Or(e.RetryAfter, m.Probe.Interval), m.Probe.Interval)
		}
	}
	e.Detail = fmt.Sprintf("of %d, %d are down and the others are drained", len(b.members), down)
	return e
}
