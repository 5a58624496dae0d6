package cgi

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wantStats fails the test unless the client's figures are s.
func (b *bench) wantStats(s Stats) {
	b.Helper()
	if diff := cmp.Diff(s, b.c.Stats()); diff != "" {
		b.Fatal(diff)
	}
}

// A request is counted where it is: in a process, in the queue, or refused.
func TestStatsOfTheQueue(t *testing.T) {
	b := newBench(t)
	b.c.Processes, b.c.Queue = 1, 1
	b.wantStats(Stats{})
	_, release := b.hold()
	b.wantStats(Stats{Running: 1, Started: 1})

	ctx, cancel := context.WithCancelCause(t.Context())
	left := make(chan result)
	go func() { left <- b.doContext(ctx, get("/")) }()
	for b.c.Stats().Queued == 0 {
		runtime.Gosched()
	}
	b.wantStats(Stats{Running: 1, Queued: 1, Started: 1})
	if diff := cmp.Diff(wantBusy, b.do(get("/"))); diff != "" {
		t.Fatal(diff)
	}
	b.wantStats(Stats{Running: 1, Queued: 1, Started: 1, Refused: 1})
	cancel(errors.New("the client is gone")) // which is not refused
	b.wantFailure(<-left, 400, "the client is gone")
	b.wantStats(Stats{Running: 1, Started: 1, Refused: 1})

	b.c.QueueTimeout = time.Nanosecond
	if diff := cmp.Diff(wantBusy, b.do(get("/"))); diff != "" {
		t.Fatal(diff)
	}
	release()
	b.closed()
	b.wantStats(Stats{Started: 1, Refused: 2})
}

// What we end is counted, and what ends by itself or never starts is not.
func TestStatsOfEnds(t *testing.T) {
	for _, row := range []struct {
		text   string
		script string
		set    func(c *Client)
		want   Stats
	}{
		{"by itself", helloSh, func(*Client) {}, Stats{Started: 1}},
		{"by itself, after a while", "sleep 0.1\n" + helloSh, func(*Client) {}, Stats{Started: 1}},
		{"by a signal that is not ours", forker + "kill -9 $$", func(*Client) {}, Stats{Started: 1}},
		{"with others left behind", forker + printed(`X: 1\n\nbody`), func(*Client) {}, Stats{Started: 1}},
		{"by a time limit", forker + "wait", func(c *Client) { c.TotalTimeout, c.KillGrace = 50*time.Millisecond, time.Hour }, Stats{Started: 1, Stopped: 1}},
		{"by SIGKILL", "trap '' TERM\n" + printed(`X: 1\n\nbody`) + "sleep 1000", func(c *Client) { c.ReadTimeout = 50 * time.Millisecond },
			Stats{Started: 1, Stopped: 1, Killed: 1}},
		{"not started", "", func(c *Client) { c.Path = "/none" }, Stats{}},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(row.script)
			row.set(b.c)
			b.do(get("/"))
			b.closed()
			b.wantStats(row.want)
		})
	}
}

// Whoever closes a response early has its script stopped.
func TestStatsOfAClose(t *testing.T) {
	b := newBench(t)
	b.sh(printed(`X: 1\n\nbody`) + "exec sleep 1000")
	resp, err := b.c.RoundTrip(t.Context(), get("/"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	b.wantStats(Stats{Running: 1, Started: 1})
	resp.Body.Close()
	if got := b.c.Stats().Stopped; got != 1 {
		t.Fatal(got)
	}
}
