package compare

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Results are those of one run, as results.json has them.
type Results struct {
	Schema   int // 1
	Date     time.Time
	Took     string
	Version  string // of the program that compared
	Quick    bool
	Only     []string `json:",omitempty"`
	Rounds   int
	Duration string // of each measurement
	Machine  Machine
	Warnings []string  `json:",omitempty"`
	Programs []Program // that were looked for
	LeftOut  []LeftOut `json:",omitempty"`
	Rows     []RowResult
}

const (
	schema      = 1
	resultsFile = "results.json"
)

// A Program is one that is not Postern.
type Program struct {
	Name, Title, Version string
	Missing              string `json:",omitempty"` // why it took no part
}

// LeftOut are rows that could not be measured, for one reason.
type LeftOut struct {
	Reason string
	Rows   []string
}

// A RowResult is what a row has shown over all rounds.
type RowResult struct {
	ID string
	Row
	Metrics map[string]Summary // by name
	Curve   []Point            `json:",omitempty"` // of the latencies of all rounds
	Failed  int64              `json:",omitempty"` // requests
	Errors  []string           `json:",omitempty"`
}

// A Summary is a metric's median, and its spread: the least and the greatest value of any round.
type Summary struct {
	Median, Min, Max float64
}

// overlaps reports whether the spreads of the two have values in common: then their difference may
// be chance.
func (s Summary) overlaps(t Summary) bool { return s.Min <= t.Max && t.Min <= s.Max }

// A Point says that that many percent of the requests took at most so long.
type Point struct{ Percent, Microseconds float64 }

func newResults(cfg *Config) *Results {
	return &Results{Schema: schema, Date: time.Now().Truncate(time.Second), Version: cfg.Version, Quick: cfg.Quick, Only: cfg.Only,
		Rounds: cfg.Rounds, Duration: cfg.Duration.String()}
}

func (r *Results) leaveOut(row Row, reason string) {
	i := slices.IndexFunc(r.LeftOut, func(l LeftOut) bool { return l.Reason == reason })
	if i < 0 {
		i = len(r.LeftOut)
		r.LeftOut = append(r.LeftOut, LeftOut{Reason: reason})
	}
	r.LeftOut[i].Rows = append(r.LeftOut[i].Rows, row.ID())
}

// failure is an error if a row has failed.
func (r *Results) failure() error {
	failed := r.failures()
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("compare: %s failed, as the report tells: %s", plural(len(failed), "row"), failed[0])
}

// find returns the result of the row of that name, or nil.
func (r *Results) find(id string) *RowResult {
	for i := range r.Rows {
		if r.Rows[i].ID == id {
			return &r.Rows[i]
		}
	}
	return nil
}

// ReadResults reads the results.json of a folder.
func ReadResults(dir string) (*Results, error) {
	b, err := os.ReadFile(filepath.Join(dir, resultsFile))
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	r := new(Results)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("compare: %s: %w", dir, err)
	}
	if r.Schema != schema {
		return nil, fmt.Errorf("compare: %s: results of schema %d, and this program knows %d", dir, r.Schema, schema)
	}
	return r, nil
}
