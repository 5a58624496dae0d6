package compare

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// rounds measures every row in turn, round after round.
func (c *comparison) rounds(ctx context.Context, rows []Row) error {
	rows = c.leaveOut(rows)
	if len(rows) == 0 {
		return errors.New("compare: nothing is left to measure: " + c.results.LeftOut[0].Reason)
	}
	busy, err := c.awaitQuiet(ctx)
	if err != nil {
		return err
	}
	c.results.Machine = readMachine()
	c.results.Machine.Busy = busy
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
