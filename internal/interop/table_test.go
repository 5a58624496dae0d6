package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A table is the summary: fronts by protocols by cases.
type table struct{ rows []*tableRow }

type tableRow struct {
	pair             *pair
	mu               sync.Mutex
	ran, passed      int
	failed, departed []string
}

func newTable() *table { return &table{} }

// row adds the row of a pair.
func (tb *table) row(p *pair) *tableRow {
	r := &tableRow{pair: p}
	tb.rows = append(tb.rows, r)
	return r
}

// count notes how a case went.
func (r *tableRow) count(t *testing.T, name string, d *departure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ran++
	if t.Failed() {
		r.failed = append(r.failed, name)
		return
	}
	r.passed++
	if d != nil && !slices.Contains(r.departed, name) {
		r.departed = append(r.departed, name)
	}
}

// print logs the table, and adds it to what POSTERN_INTEROP_TABLE names.
func (tb *table) print(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %-9s %-20s %9s  %s\n", "front", "protocol", "configuration", "passed", "where the front departs")
	ran, passed := 0, 0
	for _, r := range tb.rows {
		if r.ran == 0 {
			continue // left out by -run
		}
		ran, passed = ran+r.ran, passed+r.passed
		note := strings.Join(r.departed, ", ")
		if len(r.failed) > 0 {
			note = "FAILED: " + strings.Join(r.failed, ", ")
		}
		fmt.Fprintf(&b, "%-9s %-9s %-20s %4d/%-4d  %s\n", r.pair.front.name, r.pair.protocol, r.pair.label(), r.passed, r.ran, note)
	}
	fmt.Fprintf(&b, "%-40s %4d/%-4d\n", "all", passed, ran)
	t.Log("\n" + b.String())
	if path := os.Getenv("POSTERN_INTEROP_TABLE"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintln(f, b.String())
	}
}
