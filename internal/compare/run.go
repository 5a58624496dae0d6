package compare

import (
	"context"
	"fmt"
	"io"
	"os"
)

// A comparison is one run of the whole.
type comparison struct {
	cfg      Config
	setup    *setup
	requests map[string][]byte // what encoded has made
	results  *Results
	progress progress
}

// List prints the rows of the plan, and how long a run of them takes.
func List(cfg Config) error {
	cfg.setDefaults()
	rows, err := cfg.rows()
	if err != nil {
		return err
	}
	for _, row := range rows {
		fmt.Fprintln(cfg.Stdout, row.ID())
	}
	fmt.Fprintf(cfg.Stdout, "%d rows, %d rounds of %v each: about %v\n", len(rows), cfg.Rounds, cfg.Duration, roundTime(cfg.estimateAll(rows)))
	return nil
}

// Run measures every row of the plan, and writes the results. When ctx ends it leaves no process
// and no file behind, and returns the context's cause.
func Run(ctx context.Context, cfg Config) error {
	cfg.setDefaults()
	rows, err := cfg.rows()
	if err != nil {
		return err
	}
	var earlier *Results
	if cfg.Against != "" {
		if earlier, err = ReadResults(cfg.Against); err != nil {
			return err
		}
	}
	if cfg.Results != "" {
		return again(&cfg, earlier)
	}
	out, err := newOutput(cfg.Out)
	if err != nil {
		return err
	}
	defer out.discard()
	dir, err := os.MkdirTemp("", "compare") // short: a Unix socket's path holds 107 bytes
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := &comparison{cfg: cfg, requests: make(map[string][]byte), results: newResults(&cfg)}
	c.progress = progress{w: cfg.Progress, terminal: cfg.Terminal}
	if c.setup, err = newSetup(dir, cfg.Self); err != nil {
		return err
	}
	if err := c.rounds(ctx, rows); err != nil {
		return err
	}
	if err := out.write(c.results); err != nil {
		return err
	}
	fmt.Fprint(cfg.Stdout, c.results.summary())
	if earlier != nil {
		fmt.Fprint(cfg.Stdout, "\n", Against(earlier, c.results))
	}
	fmt.Fprintf(cfg.Stdout, "\nThe results are in %s\n", out.dir)
	return c.results.failure()
}

// again measures nothing: it sets results beside earlier ones, or writes their report once more.
func again(cfg *Config, earlier *Results) error {
	r, err := ReadResults(cfg.Results)
	if err != nil {
		return err
	}
	if cfg.Out != "" {
		out, err := newOutput(cfg.Out)
		if err != nil {
			return err
		}
		defer out.discard()
		if err := out.write(r); err != nil {
			return err
		}
	}
	if earlier != nil {
		_, err = io.WriteString(cfg.Stdout, Against(earlier, r))
	}
	return err
}
