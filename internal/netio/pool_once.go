package netio

import (
	"context"
	"time"
)

// stayTime is how long a connection must have stayed open after a response to show that the
// backend keeps connections.
const stayTime = 100 * time.Millisecond

// GetOnce is [Pool.Get] for a request that may be sent only once. Some backends close a connection
// after each response and do not say so, as uWSGI does: what is sent on it before that is lost. So
// until a second response has come on some connection, one that was kept must have stayed open for
// stayTime.
func (p *Pool) GetOnce(ctx context.Context, limit time.Duration) (*PoolConn, error) {
	c, err := p.Get(ctx, limit)
	if err != nil || !c.used || p.keeps.Load() {
		return c, err
	}
	if !c.staysOpen(ctx) {
		return p.Redial(ctx, c)
	}
	if ctx.Err() == nil { // else it was not waited for
		p.keeps.Store(true)
	}
	return c, nil
}

// staysOpen waits until c has been idle for stayTime or ctx ends, and reports whether it is open.
func (c *PoolConn) staysOpen(ctx context.Context) bool {
	if wait := stayTime - time.Since(c.idleSince); wait > 0 {
		c.watchIdle()
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return c.healthy()
}
