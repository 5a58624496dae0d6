package load

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// The defaults of a Config.
const (
	DefaultDepth   = 8
	DefaultTimeout = 10 * time.Second
)

// A Config says what a Generator sends, where to, and over how many connections.
type Config struct {
	Wire *Wire
	// Network and Address are as package net has them: "unix" or "tcp".
	Network, Address string

	// Request is what is sent again and again: the bytes that [Wire.Encode] has made. They must not
	// be changed.
	Request []byte
	// Want is the body of each response. Its status must be 200.
	Want []byte

	// Connections are how many are open at once. 0 is 1.
	Connections int
	// Depth is how many requests a connection has open at once, over a Wire that multiplexes. 0 is
	// DefaultDepth.
	Depth int
	// Timeout bounds the time without which a request makes no progress; a connection may be given
	// up after three quarters of it. 0 is DefaultTimeout.
	Timeout time.Duration
}

// A Generator sends requests to one server. Its connections are opened as they are needed, and kept
// from one run to the next where the Wire keeps them.
type Generator struct {
	cfg   Config
	lanes []lane
}

// A lane is one connection at a time, and what is sent over it.
type lane interface {
	// run sends requests until the run is over, and returns once each has been answered.
	run(ctx context.Context, r *run, t *laneCount)
	// interrupt has run return soon. It may be called at the same time as run.
	interrupt()
	close()
}

// New connects to nothing yet.
func New(cfg Config) (*Generator, error) {
	if cfg.Wire == nil || len(cfg.Request) == 0 {
		return nil, errors.New("load: no Wire or no Request")
	}
	cfg.Connections, cfg.Depth = max(1, cfg.Connections), cmp.Or(cfg.Depth, DefaultDepth)
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	g := &Generator{cfg: cfg}
	requests := [][]byte{cfg.Request}
	if cfg.Wire.Multiplexed {
		var err error
		if requests, err = withIDs(cfg.Request, cfg.Depth); err != nil {
			return nil, err
		}
	}
	for range cfg.Connections {
		if cfg.Wire.Multiplexed {
			g.lanes = append(g.lanes, newStreams(g, requests))
		} else {
			g.lanes = append(g.lanes, newExchanges(g))
		}
	}
	return g, nil
}

// Run sends requests until the Pace is over, and returns once all of them have been answered. The
// error is that of ctx; what fails of single requests is in the Result. One Run must have returned
// before the next is called.
func (g *Generator) Run(ctx context.Context, p Pace) (*Result, error) {
	if p.Duration <= 0 && p.Requests <= 0 {
		return nil, errors.New("load: a run without an end")
	}
	stop := context.AfterFunc(ctx, func() {
		for _, l := range g.lanes {
			l.interrupt()
		}
	})
	defer stop()
	s := newSchedule(p, len(g.lanes))
	counts := make([]laneCount, len(g.lanes))
	var lanes sync.WaitGroup
	for i, l := range g.lanes {
		counts[i].shard = &s.shards[i%shardCount]
		lanes.Go(func() { l.run(ctx, s.of(i), &counts[i]) })
	}
	lanes.Wait()
	elapsed := time.Since(s.began)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return s.result(elapsed, counts), nil
}

// Close closes every connection.
func (g *Generator) Close() {
	for _, l := range g.lanes {
		l.close()
	}
}
