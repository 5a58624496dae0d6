package endpoint

import (
	"context"
	"fmt"
	"time"
)

// A nameLookup looks for a host's addresses.
type nameLookup struct {
	done chan struct{} // closed when it has ended
	err  error
}

// How long a lookup may take, and how long a request waits for one where it has addresses.
const (
	lookupTime  = time.Minute
	lookupGrace = 250 * time.Millisecond
)

// wait waits until l has ended, for lookupGrace at most where there are addresses.
func (l *nameLookup) wait(ctx context.Context, known bool) error {
	var late <-chan time.Time
	if known {
		timer := time.NewTimer(lookupGrace)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-l.done:
	case <-late:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// look begins to look for the addresses. r.mu is held.
func (r *resolver) look() {
	until := time.Now().Add(r.period)
	if len(r.addrs) > 0 {
		r.until = until
	}
	l := &nameLookup{done: make(chan struct{})}
	r.looking = l
	go func() {
		defer close(l.done)
		ctx, end := context.WithTimeout(context.Background(), lookupTime) // it is not one request's
		defer end()
		found, err := r.lookup(ctx, r.host)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("lookup %s: no addresses", r.host)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.looking = nil; err == nil {
			r.addrs, r.until = found, until
		}
		l.err = err
	}()
}
