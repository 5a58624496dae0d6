package cgi

import (
	"sync/atomic"
	"time"
)

// A Run describes one run of a script, for [Client.Observe].
type Run struct {
	Script string // its path
	// bytes of the environment and, by CONTENT_LENGTH, of the body
	Sent     int64
	Received int64         // bytes of standard output
	Took     time.Duration // from the start to the response's end
}

// observe calls Client.Observe for p, whose response has ended.
func (p *process) observe() {
	if p.c.Observe == nil {
		return
	}
	p.c.Observe(Run{Script: p.path, Sent: p.sent, Received: p.received.Load(), Took: time.Since(p.startedAt)})
}

// Stats are the figures of a [Client] at one moment, for its operator. Totals only grow, and count
// each event when it happens, not at the end of the response.
type Stats struct {
	Running int // of Client.Processes, how many are in use
	Queued  int // requests that wait for a process to end

	Started int64 // scripts that were started, in all
	// Refused are the requests that were answered 503, in all, because the queue was full or
	// because they had waited in it for QueueTimeout.
	Refused int64
	// Stopped are the scripts that were sent SIGTERM while they ran, in all: a time limit had
	// passed (LingerTime is one), or the request was aborted, or its response or the Client was
	// closed.
	Stopped int64
	Killed  int64 // those of Stopped that were sent SIGKILL too, because KillGrace had passed
}

// counters are the totals of Stats.
type counters struct{ started, refused, stopped, killed atomic.Int64 }

// Stats returns the present figures. It is cheap, and safe for concurrent use.
func (c *Client) Stats() Stats {
	running, queued := c.queue.lengths()
	return Stats{
		Running: running, Queued: queued,
		Started: c.counters.started.Load(), Refused: c.counters.refused.Load(),
		Stopped: c.counters.stopped.Load(), Killed: c.counters.killed.Load(),
	}
}
