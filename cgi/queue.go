package cgi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// A queue bounds how many processes run at once. Requests get a slot each, first come, first
// served.
type queue struct {
	mu      sync.Mutex
	inUse   int
	waiting []chan struct{}
}

// acquire takes one of so many slots. If none is free it takes one of maxWaiting places in the
// queue, and returns a channel that is closed when a slot has become the caller's. ok is false if
// the queue is full too.
func (q *queue) acquire(slots, maxWaiting int) (turn chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case slots < 0 || q.inUse < slots:
		q.inUse++
		return nil, true
	case len(q.waiting) >= maxWaiting:
		return nil, false
	}
	turn = make(chan struct{})
	q.waiting = append(q.waiting, turn)
	return turn, true
}

// release gives a slot back, to the first that waits.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.inUse--
		return
	}
	close(q.waiting[0])
	q.waiting = slices.Delete(q.waiting, 0, 1)
}

// leave gives up waiting. If the slot has come meanwhile it is released.
func (q *queue) leave(turn chan struct{}) {
	q.mu.Lock()
	i := slices.Index(q.waiting, turn)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	q.mu.Unlock()
	if i < 0 {
		q.release()
	}
}

// lengths returns how many slots are in use, and how many requests wait for one.
func (q *queue) lengths() (inUse, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inUse, len(q.waiting)
}

// acquireSlot waits for a slot. If there is none in time, it returns the response that says so.
func (c *Client) acquireSlot(ctx context.Context, s *script) (unavailable *protocol.Response, err error) {
	turn, ok := c.queue.acquire(orDefault(c.Processes, DefaultProcesses, -1), orDefault(c.Queue, DefaultQueue, 0))
	if !ok {
		return c.unavailable(s, "the queue is full"), nil
	}
	if turn != nil {
		timer := time.NewTimer(orDefault(c.QueueTimeout, DefaultQueueTimeout, 1<<62))
		defer timer.Stop()
		select {
		case <-turn:
		case <-ctx.Done():
			c.queue.leave(turn)
			return nil, aborted(s.file, context.Cause(ctx))
		case <-timer.C:
			c.queue.leave(turn)
			return c.unavailable(s, "waited too long"), nil
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.queue.release()
		return nil, closedError(s.file)
	}
	c.running.Add(1)
	return nil, nil
}

// unavailable is the response to a request that got no slot. It is no error, because it has a
// Retry-After.
func (c *Client) unavailable(s *script, why string) *protocol.Response {
	c.counters.refused.Add(1)
	c.lines.refused.Log(c.Log, ratelimit.Many, slog.LevelWarn, "cgi: too many processes", slog.String("script", s.file), slog.String("reason", why))
	return ownResponse(http.StatusServiceUnavailable, http.Header{"Retry-After": {"1"}}, "too many requests at once\n")
}

// releaseSlot undoes acquireSlot, for a process that did not start.
func (c *Client) releaseSlot() {
	c.queue.release()
	c.running.Done()
}

// addProcess notes a process that runs.
func (c *Client) addProcess(p *process) {
	c.counters.started.Add(1)
	addToEvery(p)
	c.mu.Lock()
	if c.procs == nil {
		c.procs = make(map[*process]struct{})
	}
	c.procs[p] = struct{}{}
	closed := c.closed
	c.mu.Unlock()
	if closed {
		p.stop(closedError(p.path))
	}
}

// removeProcess removes p once nothing is left to do for it. Its slot was released when its leader
// was reaped.
func (c *Client) removeProcess(p *process) {
	removeFromEvery(p)
	c.mu.Lock()
	delete(c.procs, p)
	c.mu.Unlock()
	c.running.Done()
}

func closedError(script string) error {
	return &protocol.Error{Protocol: name, Op: "run " + script, Kind: protocol.ErrAborted, Detail: "the client is closed", Status: http.StatusServiceUnavailable}
}

// Shutdown refuses new requests and waits until all scripts have ended. If ctx ends first, it stops
// them as Close does, and returns the context's error.
func (c *Client) Shutdown(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	c.Close()
	<-done
	return ctx.Err()
}

// Close refuses new requests and stops all scripts: with SIGTERM, and after KillGrace with SIGKILL.
// It returns when they are gone.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	procs := make([]*process, 0, len(c.procs))
	for p := range c.procs {
		procs = append(procs, p)
	}
	c.mu.Unlock()
	for _, p := range procs {
		p.stop(closedError(p.path))
	}
	c.running.Wait()
	return nil
}
