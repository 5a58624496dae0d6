package cgi

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A queue hands out the room for processes, first come, first served.
type queue struct {
	mu      sync.Mutex
	taken   int
	waiting []chan struct{}
}

// acquire takes a place, or a place in the queue, whose channel is closed when it is one's turn.
// Neither: all is full.
func (q *queue) acquire(places, queue int) (turn chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case places < 0 || q.taken < places:
		q.taken++
		return nil, true
	case len(q.waiting) >= queue:
		return nil, false
	}
	turn = make(chan struct{})
	q.waiting = append(q.waiting, turn)
	return turn, true
}

// give gives a place back.
func (q *queue) give() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.taken--
		return
	}
	close(q.waiting[0])
	q.waiting = slices.Delete(q.waiting, 0, 1)
}

// leave leaves the queue. Whose turn has come just now gives the place back.
func (q *queue) leave(turn chan struct{}) {
	q.mu.Lock()
	i := slices.Index(q.waiting, turn)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	q.mu.Unlock()
	if i < 0 {
		q.give()
	}
}

// lengths returns how many places are taken, and how many requests wait for one.
func (q *queue) lengths() (taken, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken, len(q.waiting)
}

// acquire waits for room for a process. Where there is none, busy is the answer.
func (c *Client) acquire(ctx context.Context, s *script) (busy *protocol.Response, err error) {
	turn, ok := c.queue.acquire(orDefault(c.Processes, DefaultProcesses, -1), orDefault(c.Queue, DefaultQueue, 0))
	if !ok {
		return c.busy(s, "the queue is full"), nil
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
			return c.busy(s, "waited too long"), nil
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.queue.give()
		return nil, closedError(s.file)
	}
	c.running.Add(1)
	return nil, nil
}

// busy says that there is no room. It is an answer, not an error: it carries a Retry-After.
func (c *Client) busy(s *script, why string) *protocol.Response {
	c.counters.refused.Add(1)
	c.log().Warn("cgi: too many processes", "script", s.file, "reason", why)
	return answer(http.StatusServiceUnavailable, http.Header{"Retry-After": {"1"}}, "too many requests at once\n")
}

// release gives back what acquire gave.
func (c *Client) release() {
	c.queue.give()
	c.running.Done()
}

// started notes a process that runs.
func (c *Client) started(p *process) {
	c.counters.started.Add(1)
	c.mu.Lock()
	if c.procs == nil {
		c.procs = make(map[*process]struct{})
	}
	c.procs[p] = struct{}{}
	closed := c.closed
	c.mu.Unlock()
	if closed {
		p.end(closedError(p.path))
	}
}

// finished forgets one whose place was given back when its leader was reaped, and whose group is
// done with.
func (c *Client) finished(p *process) {
	c.mu.Lock()
	delete(c.procs, p)
	c.mu.Unlock()
	c.running.Done()
}

func closedError(script string) error {
	return &protocol.Error{Protocol: name, Op: "run " + script, Kind: protocol.ErrAborted, Detail: "the client is closed", Status: http.StatusServiceUnavailable}
}

// Shutdown waits until all scripts have ended; new requests are refused. When ctx ends first, it
// ends them as Close does, and returns the context's error.
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

// Close ends all scripts, with SIGTERM and after KillGrace with SIGKILL, and returns when they are
// gone. New requests are refused.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	procs := make([]*process, 0, len(c.procs))
	for p := range c.procs {
		procs = append(procs, p)
	}
	c.mu.Unlock()
	for _, p := range procs {
		p.end(closedError(p.path))
	}
	c.running.Wait()
	return nil
}
