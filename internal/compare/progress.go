package compare

import (
	"fmt"
	"io"
	"time"
)

// A progress is the line that says how far a run has come.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time
	rows     int
	rounds   int
	done     int
	total    time.Duration // as it was estimated
}

// Estimates of what a measurement takes besides its duration: to start and end the servers, and the
// last requests. They are those of a machine with two cores.
const (
	startChild = 60 * time.Millisecond
	startOther = 300 * time.Millisecond
	startTrace = 600 * time.Millisecond
)

// estimate is how long a row takes in one round.
func (c *Config) estimate(row Row) time.Duration {
	d := c.Duration + c.warmUp() + startChild
	if !serverNamed(row.Server).builtIn {
		d += startOther
	}
	if row.Front == nginx {
		d += startOther
	}
	if row.Work == "upload10m" {
		d += 300 * time.Millisecond
	}
	return d
}

// estimateAll is how long a run of the rows takes.
func (c *Config) estimateAll(rows []Row) (total time.Duration) {
	for _, row := range rows {
		total += time.Duration(c.Rounds) * c.estimate(row)
		if !c.Quick && countsCalls(row) {
			total += startTrace
		}
	}
	return total
}

func (p *progress) begin(rows []Row, cfg *Config) {
	p.began, p.rows, p.rounds, p.total = time.Now(), len(rows), cfg.Rounds, cfg.estimateAll(rows)
	p.line(fmt.Sprintf("%d rows, %d rounds of %v each: about %v", len(rows), cfg.Rounds, cfg.Duration, roundTime(p.total)))
}

// step says that a row is about to be measured.
func (p *progress) step(round int, row Row) {
	p.show(fmt.Sprintf("[%d/%d] round %d, %s", p.done+1, p.rows*p.rounds, round+1, row.ID()))
	p.done++
}

// show prints the line. What is no terminal gets one in twenty.
func (p *progress) show(text string) {
	left := p.total - time.Since(p.began)
	if p.done > 10 { // by what has been, rather than by the estimate
		left = time.Since(p.began) / time.Duration(p.done) * time.Duration(p.rows*p.rounds-p.done)
	}
	text += ", " + roundTime(max(0, left)).String() + " left"
	switch {
	case p.terminal:
		fmt.Fprintf(p.w, "\r\x1b[K%.110s", text)
	case p.done%20 == 0:
		fmt.Fprintln(p.w, text)
	}
}

// line prints a line of its own.
func (p *progress) line(text string) {
	if p.terminal {
		text = "\r\x1b[K" + text
	}
	fmt.Fprintln(p.w, text)
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func roundTime(d time.Duration) time.Duration {
	if d > 2*time.Minute {
		return d.Round(10 * time.Second)
	}
	return d.Round(time.Second)
}
