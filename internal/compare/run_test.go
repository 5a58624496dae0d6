package compare

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// quickConfig measures one row, in no time.
func quickConfig(t *testing.T, only ...string) Config {
	return Config{Self: self(t), Only: only, Rounds: 1, Duration: time.Millisecond, Now: true, Out: filepath.Join(t.TempDir(), "made", "out"),
		Stdout: new(bytes.Buffer), Progress: new(bytes.Buffer)}
}

// TestRun: a row that is measured has all that can be known of it.
func TestRun(t *testing.T) {
	const id = "direct/postern/fastcgi-mux/unix/32/get"
	cfg := quickConfig(t, id, "direct/postern/scgi/unix/32/get@2000")
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	r, err := ReadResults(cfg.Out)
	if err != nil {
		t.Fatal(err)
	}
	row := r.find(id)
	if len(r.Rows) != 2 || row == nil {
		t.Fatalf("rows %+v", r.Rows)
	}
	for _, name := range []string{"rate", "p50", "p99", "p999", "sent", "received", "allocs", "alloc_bytes"} {
		if s := row.Metrics[name]; s.Median <= 0 || s.Min > s.Median || s.Max < s.Median {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if r.Machine.Cores < 1 || r.Machine.Go == "" || len(row.Curve) == 0 || r.Took == "" {
		t.Errorf("machine %+v, curve %v, took %q", r.Machine, row.Curve, r.Took)
	}
	if said := cfg.Stdout.(*bytes.Buffer).String(); !strings.Contains(said, "FastCGI, multiplexed") || !strings.Contains(said, "The results are in") {
		t.Errorf("it says:\n%s", said)
	}
	if err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a second run into the same folder: %v", err)
	}
}

// A stopper ends a context as soon as a row is being measured.
type stopper struct{ stop context.CancelFunc }

func (s stopper) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("round 1")) {
		s.stop()
	}
	return len(b), nil
}

// TestInterruptedRun: no file, no folder and no process is left.
func TestInterruptedRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg := quickConfig(t, "direct/postern/*/unix/32/*")
	cfg.Duration, cfg.Progress, cfg.Terminal = time.Hour, stopper{cancel}, true
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	if err := Run(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, dir := range []string{temporary, filepath.Dir(filepath.Dir(cfg.Out))} {
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("in %s: %v, %v", dir, left, err)
		}
	}
	if below := tree([]int{os.Getpid()}); len(below) != 1 {
		t.Errorf("processes are left: %v", below)
	}
}

// TestFailedRow: a server that cannot be started fails its row, and nothing else.
func TestFailedRow(t *testing.T) {
	cfg := quickConfig(t, "direct/net-http/http/unix/32/get")
	cfg.Self = append(cfg.Self, "no description")
	err := Run(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "1 row failed, as the report tells: direct/net-http/http/unix/32/get: a server of Go has ended: compare: a server's description: invalid character") {
		t.Error(err)
	}
	r, err := ReadResults(cfg.Out)
	if err != nil || r.Rows[0].Failed != 1 || !strings.Contains(r.Rows[0].Errors[0], "invalid character") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLacks: what a machine does not have leaves rows out.
func TestLacks(t *testing.T) {
	c := newComparison(t)
	c.setup.descriptors = 1024
	c.setup.looked["gunicorn"] = lookup{err: errors.New("gunicorn is not installed")}
	c.setup.looked[nginx] = lookup{err: errors.New("nginx is not installed")}
	rows := []Row{
		{Front: direct, Server: "postern", Wire: "http", Network: "unix", Connections: 1000, Work: "get"},
		{Front: direct, Server: "postern", Wire: "http", Network: "unix", Connections: 256, Work: "get"},
		{Front: direct, Server: "gunicorn", Wire: "http", Network: "unix", Connections: 32, Work: "get"},
		{Front: direct, Server: "gunicorn", Wire: "http", Network: "unix", Connections: 1, Work: "get"},
		{Front: nginx, Server: "postern", Wire: "scgi", Network: "unix", Connections: 32, Work: "get"},
	}
	kept := c.leaveOut(rows)
	if len(kept) != 1 || kept[0] != rows[1] {
		t.Errorf("kept %v", kept)
	}
	for reason, n := range map[string]int{"1000 connections need 2100 descriptors, and RLIMIT_NOFILE is 1024": 1, "gunicorn is not installed": 2, "nginx is not installed": 1} {
		found := false
		for _, l := range c.results.LeftOut {
			found = found || l.Reason == reason && len(l.Rows) == n
		}
		if !found {
			t.Errorf("no %d rows for %q in %+v", n, reason, c.results.LeftOut)
		}
	}
}

// TestOutOfTime: what a quick run has no time for is not in the results, and they say so.
func TestOutOfTime(t *testing.T) {
	c := newComparison(t)
	c.progress.w = new(bytes.Buffer)
	rows, err := choose(plan(), []string{"direct/postern/scgi/unix/*/get"})
	if err != nil {
		t.Fatal(err)
	}
	s := newSheet(rows)
	s.add(rows[0], measurement{values: map[string]float64{"cpu": 5}})
	c.outOfTime(0, rows[1:], s)
	if got := s.results(); len(got) != 1 || got[0].ID != rows[0].ID() || len(c.results.LeftOut[0].Rows) != len(rows)-1 {
		t.Errorf("%d rows, left out %+v", len(got), c.results.LeftOut)
	}
	c.outOfTime(1, rows[:1], s)
	if got := s.results(); len(got) != 1 || len(c.results.Warnings) != 1 || !strings.Contains(c.results.Warnings[0], "1 row of round 2") {
		t.Errorf("%d rows, warnings %q", len(got), c.results.Warnings)
	}
}
