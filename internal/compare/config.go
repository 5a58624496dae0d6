package compare

import (
	"errors"
	"fmt"
	"io"
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
	Now      bool          // do not wait until the machine is quiet
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
	quickDuration   = 240 * time.Millisecond
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
