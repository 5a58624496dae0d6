package upstream

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// blames reports whether err, with which an exchange failed before its response's head, is the
// backend's fault: it could not be reached, sent garbage or nothing, or took too long. An end of
// ctx by a deadline is its fault if the request was sent to no other before.
func blames(ctx context.Context, err error, first bool) bool {
	if cause := context.Cause(ctx); cause != nil {
		return first && errors.Is(cause, context.DeadlineExceeded)
	}
	e, ok := errors.AsType[*protocol.Error](err)
	return !ok || e.Kind == protocol.ErrUpstream && e.Status != http.StatusServiceUnavailable
}

// succeeded notes that the head of a response came.
func (b *Balancer) succeeded(p lease) {
	if p.trial {
		b.mu.Lock()
		defer b.mu.Unlock()
		p.trials--
		b.bringBack(p.member)
	}
}

// undecided notes an exchange that tells nothing of the backend.
func (b *Balancer) undecided(p lease) {
	if p.trial {
		b.mu.Lock()
		defer b.mu.Unlock()
		p.trials--
		b.wake()
	}
}

// failure notes that the backend failed a request. One that was sent before the backend went out
// changes nothing more.
func (b *Balancer) failure(p lease, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, now := p.member, time.Now()
	m.failures++
	if p.trial {
		m.trials--
	}
	switch {
	case m.MaxFails < 0:
	case p.trial:
		b.takeOut(m, now, err)
	case m.outUntil.IsZero():
		m.failed = slices.DeleteFunc(m.failed, func(t time.Time) bool { return now.Sub(t) >= m.FailTimeout })
		if m.failed = append(m.failed, now); len(m.failed) >= m.MaxFails {
			b.takeOut(m, now, err)
		}
	}
}

// takeOut takes m out for its FailTimeout. b.mu is held.
func (b *Balancer) takeOut(m *member, now time.Time, err error) {
	if m.outUntil.IsZero() {
		b.log().Warn("upstream: backend is out", "backend", m.Name, "for", m.FailTimeout, "error", err)
	}
	m.failed = nil
	m.outUntil = now.Add(m.FailTimeout)
	if m.retry == nil {
		m.retry = time.AfterFunc(m.FailTimeout, b.tryAgain)
	} else {
		m.retry.Reset(m.FailTimeout)
	}
	b.wake() // those for whom it was the last but one that is left
}

// tryAgain gives a backend whose time is over to those that wait.
func (b *Balancer) tryAgain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake()
}

// bringBack undoes takeOut. b.mu is held.
func (b *Balancer) bringBack(m *member) {
	if m.outUntil.IsZero() {
		return
	}
	m.outUntil = time.Time{}
	m.retry.Stop()
	b.startSlowly(m)
	b.log().Info("upstream: backend is back", "backend", m.Name)
	b.wake()
}

// startSlowly begins the slow start of m. b.mu is held.
func (b *Balancer) startSlowly(m *member) {
	m.current = 0
	if m.SlowStart > 0 {
		m.slowSince = time.Now()
	}
}
