package upstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// A Balancer sends each request to one of several backends. It is a [protocol.RoundTripper]. Its
// zero value has no backends: see Add. Its exported fields must not be changed once it is in use;
// it is safe for concurrent use.
type Balancer struct {
	Policy Policy

	// MaxTries is how many backends one request may be sent to, each at most once. 0: all of them.
	MaxTries int
	// RetryTimeout is how long after its beginning a request may be sent to a further backend. It
	// ends no exchange that has begun: the clients' own limits do. 0: no limit.
	RetryTimeout time.Duration

	// Queue is how many requests may wait for a backend where all that are up have MaxConns, and
	// QueueTimeout how long each. Beyond that a request fails with status 503 and a Retry-After.
	// 0: none waits; 30 s. A negative QueueTimeout is no limit.
	Queue        int
	QueueTimeout time.Duration

	// Log is told when a backend goes out or comes back, and when a request goes on to another.
	// nil: slog.Default.
	Log *slog.Logger

	mu         sync.Mutex
	members    []*member
	candidates []*member         // of one choice; kept for its memory
	waiting    []*waiter         // the first is served first
	refused    int64             // requests that got no lease
	lines      ratelimit.Limiter // of Log, for requests that go on
	probes     sync.WaitGroup
}

// Add adds a backend, and begins to probe it.
func (b *Balancer) Add(be Backend) error {
	be, err := be.withDefaults()
	if err != nil {
		return fmt.Errorf("%q: %w", be.Name, err)
	}
	m := &member{Backend: be, stopProbe: func() {}}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.find(be.Name) != nil {
		return fmt.Errorf("%q: there is a backend of that name", be.Name)
	}
	b.members = append(b.members, m)
	if be.Probe != nil {
		var ctx context.Context
		ctx, m.stopProbe = context.WithCancel(context.Background())
		b.probes.Go(func() { b.probe(ctx, m) })
	}
	b.wake()
	return nil
}

// Drain sends no further request to the backend of that name. Those that it has go on to their end:
// Stats tells how many they are.
func (b *Balancer) Drain(name string) error { return b.setDraining(name, true) }

// Resume undoes Drain. The backend's slow start begins.
func (b *Balancer) Resume(name string) error { return b.setDraining(name, false) }

func (b *Balancer) setDraining(name string, draining bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(name)
	if m == nil {
		return unknown(name)
	}
	if m.draining && !draining {
		b.startSlowly(m)
	}
	m.draining = draining
	b.wake()
	return nil
}

// Remove takes the backend of that name out for good. Its requests go on to their end.
func (b *Balancer) Remove(name string) error {
	b.mu.Lock()
	m := b.find(name)
	if m == nil {
		b.mu.Unlock()
		return unknown(name)
	}
	b.members = slices.DeleteFunc(b.members, func(other *member) bool { return other == m })
	m.removed = true
	m.stopProbe()
	idle := m.active == 0
	b.wake()
	b.mu.Unlock()
	if idle {
		b.close(m)
	}
	return nil
}

// Close removes all backends, and returns when nothing probes them any more.
func (b *Balancer) Close() {
	b.mu.Lock()
	names := make([]string, len(b.members))
	for i, m := range b.members {
		names[i] = m.Name
	}
	b.mu.Unlock()
	for _, name := range names {
		b.Remove(name) // another may have been before us
	}
	b.probes.Wait()
}

// CloseIdleConnections calls the method of that name that the backends' clients may have.
func (b *Balancer) CloseIdleConnections() {
	b.mu.Lock()
	members := slices.Clone(b.members)
	b.mu.Unlock()
	for _, m := range members {
		if c, ok := m.Client.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	}
}

// close closes a member that has been removed and has no request.
func (b *Balancer) close(m *member) {
	if m.Backend.Close == nil {
		return
	}
	if err := m.Backend.Close(); err != nil {
		b.log().Warn("upstream: close", "backend", m.Name, "error", err)
	}
}

// find returns the member of that name, or nil. b.mu is held.
func (b *Balancer) find(name string) *member {
	for _, m := range b.members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func unknown(name string) error {
	return &protocol.Error{Op: "upstream", Kind: protocol.ErrNotFound, Detail: fmt.Sprintf("no backend %q", name)}
}

func (b *Balancer) log() *slog.Logger {
	if b.Log != nil {
		return b.Log
	}
	return slog.Default()
}
