package compare

import (
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

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
