package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// A Config says what is compared, and where the results go.
type Config struct {
	// Self is the command line, but for its last word, that has this program call [ServeChild].
	Self    []string
	Version string // of this program, for the results

	Quick    bool          // only what needs nothing installed, in less than a minute
	Only     []string      // patterns of rows: those that none matches are left out
	Rounds   int           // 0: 3, and 2 where it is quick
	Duration time.Duration // of each measurement; 0: 450 ms, and 250 ms where it is quick
	Out      string        // the folder for the results, which must not exist; "": results/DATE
	Against  string        // a folder of earlier results; may be empty
	Results  string        // in place of measuring, a folder of results; may be empty

	Stdout   io.Writer // for what is to be read
	Progress io.Writer // for the progress line
	Terminal bool      // Progress is one
}

// The defaults of a Config.
const (
	defaultRounds   = 3
	defaultDuration = 450 * time.Millisecond
	quickRounds     = 2
	quickDuration   = 250 * time.Millisecond
)

// quickLimit is when a quick run measures no further row, so that it ends in a minute on a busy
// machine, too.
const quickLimit = 50 * time.Second

func (c *Config) setDefaults() {
	rounds, duration := defaultRounds, defaultDuration
	if c.Quick {
		rounds, duration = quickRounds, quickDuration
	}
	if c.Rounds == 0 {
		c.Rounds = rounds
	}
	if c.Duration == 0 {
		c.Duration = duration
	}
}

// Check reports what is wrong with the Config, in one line.
func (c *Config) Check() error {
	switch {
	case c.Rounds < 0:
		return fmt.Errorf("--rounds %d: there is at least one", c.Rounds)
	case c.Duration < 0:
		return fmt.Errorf("--duration %v: it is longer than nothing", c.Duration)
	case c.Results != "" && c.Against == "" && c.Out == "":
		return errors.New("--results measures nothing: say --against FOLDER to set them beside others, or --out FOLDER for a new report")
	}
	_, err := c.rows()
	return err
}

// warmUp is how long a server is driven before it is measured.
func (c *Config) warmUp() time.Duration { return max(c.Duration/5, 20*time.Millisecond) }

// rows returns the rows of the plan that the Config asks for.
func (c *Config) rows() ([]Row, error) {
	rows := plan()
	if c.Quick {
		rows = quickPlan()
	}
	return choose(rows, c.Only)
}

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

// rounds measures every row in turn, round after round.
func (c *comparison) rounds(ctx context.Context, rows []Row) error {
	rows = c.leaveOut(rows)
	if len(rows) == 0 {
		return errors.New("compare: nothing is left to measure: " + c.results.LeftOut[0].Reason)
	}
	c.results.Machine = readMachine()
	c.warn(c.results.Machine.warnings()...)
	c.progress.begin(rows, &c.cfg)
	defer c.progress.end()
	sheet := newSheet(rows)
	for round := range c.cfg.Rounds {
		for i, row := range rows {
			if c.cfg.Quick && time.Since(c.progress.began) > quickLimit {
				c.outOfTime(round, rows[i:], sheet)
				break
			}
			c.progress.step(round, row)
			m, err := c.measure(ctx, row)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				m = measurement{failed: 1, errors: []string{err.Error()}}
			}
			sheet.add(row, m)
		}
	}
	if err := c.countCalls(ctx, rows, sheet); err != nil {
		return err
	}
	c.results.Rows = sheet.results()
	c.results.Took = time.Since(c.results.Date).Round(time.Second).String()
	return nil
}

// outOfTime notes which rows a quick run has no time for.
func (c *comparison) outOfTime(round int, rows []Row, s *sheet) {
	if round > 0 {
		c.warn(fmt.Sprintf("the machine is slow: %s of round %d were not measured", plural(len(rows), "row"), round+1))
		return
	}
	for _, row := range rows {
		c.results.leaveOut(row, "there was no time left for it in a quick run")
		s.drop(row)
	}
}

func (c *comparison) warn(texts ...string) {
	for _, text := range texts {
		c.results.Warnings = append(c.results.Warnings, text)
		c.progress.line("warning: " + text)
	}
}

// leaveOut returns the rows that can be measured here, and notes why the others cannot.
func (c *comparison) leaveOut(rows []Row) (kept []Row) {
	for _, row := range rows {
		if reason := c.setup.lacks(row); reason != "" {
			c.results.leaveOut(row, reason)
		} else {
			kept = append(kept, row)
		}
	}
	c.results.Programs = c.setup.programs()
	return kept
}
