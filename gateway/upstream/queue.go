package upstream

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// DefaultQueueTimeout is how long a request waits for a backend where nobody says.
const DefaultQueueTimeout = 30 * time.Second

// queueRetry is when a client may ask again for whom there was no lease.
const queueRetry = time.Second

// A waiter is a request that waits for a backend.
type waiter struct {
	tried []*member  // those that have failed it
	got   chan lease // at a backend that is none of tried; without a member: there is none left
}

// acquire returns a lease at a backend that is none of tried. It waits where all have MaxConns. A
// lease without a member says that there is none left to try.
func (b *Balancer) acquire(ctx context.Context, tried []*member) (lease, error) {
	b.mu.Lock()
	p, full := b.pick(tried)
	if !full {
		b.mu.Unlock()
		return p, nil
	}
	if len(b.waiting) >= b.Queue || !protocol.IsPatient(ctx) {
		defer b.mu.Unlock()
		b.refused++
		return lease{}, b.busy(fmt.Sprintf("%d requests wait", len(b.waiting)))
	}
	w := &waiter{tried, make(chan lease, 1)}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()
	return b.wait(ctx, w)
}

// wait waits for a backend, for QueueTimeout at most.
func (b *Balancer) wait(ctx context.Context, w *waiter) (lease, error) {
	limit := b.QueueTimeout
	if limit == 0 {
		limit = DefaultQueueTimeout
	}
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case p := <-w.got:
		return p, nil
	case <-ctx.Done():
		b.leave(w)
		return lease{}, &protocol.Error{Op: "wait for a backend", Kind: protocol.ErrAborted, Err: context.Cause(ctx), NotSent: true}
	case <-late:
		b.leave(w)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.refused++
		return lease{}, b.busy("none was free for " + limit.String())
	}
}

// leave gives up waiting. A lease that w has got meanwhile is given back.
func (b *Balancer) leave(w *waiter) {
	b.mu.Lock()
	i := slices.Index(b.waiting, w)
	if i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	}
	b.mu.Unlock()
	if i >= 0 {
		return
	}
	if p := <-w.got; p.member != nil {
		b.undecided(p)
		b.release(p.member)
	}
}

// wake gives places to those that wait. b.mu is held.
func (b *Balancer) wake() {
	left := b.waiting[:0]
	for i, w := range b.waiting {
		p, full := b.pick(w.tried)
		if !full {
			w.got <- p
			continue
		}
		left = append(left, w)
		if len(w.tried) == 0 { // there is nothing for the others either
			left = append(left, b.waiting[i+1:]...)
			break
		}
	}
	clear(b.waiting[len(left):])
	b.waiting = left
}

// busy is the error of a request that gets no lease.
func (b *Balancer) busy(why string) error {
	return &protocol.Error{Op: "choose a backend", Kind: protocol.ErrUpstream, NotSent: true,
		Detail: "each that is up has as many requests as it may, and " + why,
		Status: http.StatusServiceUnavailable, RetryAfter: queueRetry}
}
