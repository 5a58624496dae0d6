package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
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

// A Point says that that many percent of the requests took at most so long.
type Point struct{ Percent, Microseconds float64 }

// A metric is a quantity that is measured.
type metric struct {
	name, title string
	unit        string
	more        bool // is better
	judged      bool // against tells whether it has changed
}

var allMetrics = []metric{
	{name: "rate", title: "requests/s", more: true, judged: true},
	{name: "cpu", title: "CPU of the server", unit: "us", judged: true},
	{name: "front_cpu", title: "CPU of nginx", unit: "us"},
	{name: "p50", title: "p50", unit: "us", judged: true},
	{name: "p99", title: "p99", unit: "us", judged: true},
	{name: "p999", title: "p99.9", unit: "us"},
	{name: "memory", title: "peak memory", unit: "B", judged: true},
	{name: "sent", title: "bytes sent", unit: "B"},
	{name: "received", title: "bytes received", unit: "B"},
	{name: "allocs", title: "allocations", judged: true},
	{name: "alloc_bytes", title: "bytes allocated", unit: "B"},
	{name: "calls", title: "system calls", judged: true},
}

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

// A sheet collects the measurements of a run.
type sheet struct {
	rows []Row
	all  map[Row]*rowSheet
}

type rowSheet struct {
	values  map[string][]float64
	latency *hdrhistogram.Histogram
	failed  int64
	errors  []string
}

func newSheet(rows []Row) *sheet {
	s := &sheet{rows: slices.Clone(rows), all: make(map[Row]*rowSheet)}
	for _, row := range rows {
		s.all[row] = &rowSheet{values: make(map[string][]float64)}
	}
	return s
}

func (s *sheet) add(row Row, m measurement) {
	r := s.all[row]
	for name, v := range m.values {
		r.values[name] = append(r.values[name], v)
	}
	if r.failed += m.failed; len(r.errors) == 0 {
		r.errors = m.errors
	}
	if r.latency == nil {
		r.latency = m.latency
	} else if m.latency != nil {
		r.latency.Merge(m.latency)
	}
}

// drop forgets a row.
func (s *sheet) drop(row Row) {
	s.rows = slices.DeleteFunc(s.rows, func(r Row) bool { return r == row })
}

func (s *sheet) results() (all []RowResult) {
	for _, row := range s.rows {
		r := s.all[row]
		res := RowResult{ID: row.ID(), Row: row, Metrics: make(map[string]Summary), Failed: r.failed, Errors: r.errors}
		for name, values := range r.values {
			res.Metrics[name] = summarize(values)
		}
		if r.latency != nil && r.latency.TotalCount() > 0 {
			res.Curve = curve(r.latency)
		}
		all = append(all, res)
	}
	return all
}

// summarize returns the median of values, of which there is at least one, and their spread.
func summarize(values []float64) Summary {
	v := slices.Sorted(slices.Values(values))
	median := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return Summary{round(median), round(v[0]), round(v[len(v)-1])}
}

// round keeps four digits: more would say nothing.
func round(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-3)
	if unit > 1 {
		return math.Round(v/unit) * unit
	}
	return math.Round(v*math.Round(1/unit)) / math.Round(1/unit)
}

// percents are the points of a curve. Those that fewer than three requests exceed are left out.
var percents = []float64{0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 99.999}

func curve(h *hdrhistogram.Histogram) (points []Point) {
	for _, p := range percents {
		if (100-p)/100*float64(h.TotalCount()) < 3 {
			break
		}
		points = append(points, Point{p, round(float64(h.ValueAtQuantile(p)) / 1e3)})
	}
	return points
}
