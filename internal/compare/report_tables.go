package compare

import (
	"strconv"

	"github.com/postern-gateway/postern/internal/load"
)

func (r *Results) mainTable() *grid {
	g := &grid{head: []string{"wire", "server", "CPU", "×", "requests/s", "p50", "p99", "p99.9", "peak memory"}, text: 2}
	r.each(isUsual, func(w *load.Wire, row *RowResult) {
		g.add(row, w.Title, serverTitle(row.Server), row.spread("cpu"), row.ratio(r.usualRow("postern", row.Wire), "cpu"),
			row.spread("rate"), row.text("p50"), row.text("p99"), row.text("p999"), row.text("memory"))
	})
	return g
}

// add adds the cells for a row. Of a row that has failed there is the text of why.
func (g *grid) add(row *RowResult, cells ...string) {
	if row.Failed > 0 {
		cells = append(cells[:g.text:g.text], "failed: "+row.Errors[0])
	}
	s := serverNamed(row.Server)
	g.rows = append(g.rows, gridRow{cells, s != nil && s.ours})
}

// spread is the median of a metric, with its spread in a second line.
func (r *RowResult) spread(name string) string {
	s, ok := r.Metrics[name]
	if !ok {
		return "-"
	}
	m := metricNamed(name)
	if s.Min == s.Max {
		return m.format(s.Median)
	}
	return m.format(s.Median) + "\n" + m.format(s.Min) + " – " + m.format(s.Max)
}

// ratio is how many times as much as in another row a metric is, with a sign where the spreads of
// the two have values in common.
func (r *RowResult) ratio(to *RowResult, name string) string {
	if to == nil {
		return "-"
	}
	mine, ok := r.Metrics[name]
	its, known := to.Metrics[name]
	if !ok || !known || its.Median == 0 {
		return "-"
	}
	text := strconv.FormatFloat(mine.Median/its.Median, 'f', 1, 64)
	if r != to && mine.overlaps(its) {
		text = "≈\u00a0" + text
	}
	return text
}

func (r *Results) wayTable() *grid {
	g := &grid{head: []string{"wire", "server", "request", "response", "system calls", "allocations", "allocated"}, text: 2}
	r.each(isUsualOrHost, func(w *load.Wire, row *RowResult) {
		g.add(row, w.Title, serverTitle(row.Server), row.text("sent"), row.text("received"), r.calls(w, row), row.text("allocs"), row.text("alloc_bytes"))
	})
	return g
}

// calls is how many system calls a request of a row takes. They are counted over one connection,
// where the wire can have one request at once.
func (r *Results) calls(w *load.Wire, row *RowResult) string {
	if !w.Multiplexed {
		alone := row.Row
		alone.Connections = 1
		row = r.find(alone.ID())
	}
	if row == nil {
		return "-"
	}
	text := row.text("calls")
	if n := row.text("program_calls"); n != "-" {
		text += "\nthe program: " + n
	}
	return text
}

func (r *Results) worksTable(metric string) *grid {
	g := &grid{head: []string{"wire", "server"}, text: 2}
	for _, w := range works() {
		g.head = append(g.head, w.Title)
	}
	r.each(isUsual, func(w *load.Wire, row *RowResult) {
		cells := []string{w.Title, serverTitle(row.Server)}
		for _, work := range works() {
			other := row.Row
			other.Work = work.Name
			cells = append(cells, r.cell(other, (*RowResult).spread, metric))
		}
		g.add(row, cells...)
	})
	return g
}

// cell is what show writes of the metric of a row.
func (r *Results) cell(row Row, show func(*RowResult, string) string, metric string) string {
	found := r.find(row.ID())
	switch {
	case found == nil:
		return "-"
	case found.Failed > 0:
		return "failed"
	}
	return show(found, metric)
}

func (r *Results) connectionsTable() *grid {
	g := &grid{head: []string{"wire", "server"}, text: 2}
	for _, n := range connections {
		g.head = append(g.head, plural(n, "connection"))
	}
	r.each(isUsual, func(w *load.Wire, row *RowResult) {
		cells, any := []string{w.Title, serverTitle(row.Server)}, 0
		for _, n := range connections {
			other := row.Row
			other.Connections = n
			text := r.beside(other, "rate", "p99")
			if text != "-" && text != "failed" {
				any++
			}
			cells = append(cells, text)
		}
		if any > 1 {
			g.add(row, cells...)
		}
	})
	return g
}

// bodiesTable has the works with bodies, with fewer and more connections than usual.
func (r *Results) bodiesTable() *grid {
	g := &grid{head: []string{"wire", "work"}, text: 2}
	for _, n := range connections {
		if n <= bodyConnections {
			g.head = append(g.head, plural(n, "connection"))
		}
	}
	varied := func(row *RowResult) bool {
		s := serverNamed(row.Server)
		return isUsual(row) && s != nil && s.bodies
	}
	r.each(varied, func(w *load.Wire, row *RowResult) {
		for _, work := range works()[1:] {
			cells, measured := []string{w.Title, work.Title}, 0
			for _, n := range connections {
				if n > bodyConnections {
					continue
				}
				other := row.Row
				other.Work, other.Connections = work.Name, n
				text := r.beside(other, "rate", "cpu")
				if text != "-" {
					measured++
				}
				cells = append(cells, text)
			}
			if measured > 1 {
				g.add(row, cells...)
			}
		}
	})
	return g
}

// beside is a cell with one metric of a row, and another one below it.
func (r *Results) beside(row Row, first, second string) string {
	text := r.cell(row, (*RowResult).text, first)
	if text != "-" && text != "failed" {
		text += "\n" + r.cell(row, (*RowResult).text, second)
	}
	return text
}

func (r *Results) rateTable() *grid {
	g := &grid{head: []string{"wire", "server", "p50", "p99", "p99.9", "CPU"}, text: 2}
	r.each(func(row *RowResult) bool { return row.Rate > 0 }, func(w *load.Wire, row *RowResult) {
		g.add(row, w.Title, serverTitle(row.Server), row.spread("p50"), row.spread("p99"), row.spread("p999"), row.text("cpu"))
	})
	return g
}

func (r *Results) networksTable() *grid {
	g := &grid{head: []string{"wire", "server", "CPU, Unix", "CPU, TCP", "requests/s, Unix", "requests/s, TCP"}, text: 2}
	r.each(isUsual, func(w *load.Wire, row *RowResult) {
		tcp := row.Row
		tcp.Network = "tcp"
		if other := r.find(tcp.ID()); other != nil {
			g.add(row, w.Title, serverTitle(row.Server), row.spread("cpu"), r.cell(tcp, (*RowResult).spread, "cpu"), row.spread("rate"), r.cell(tcp, (*RowResult).spread, "rate"))
		}
	})
	return g
}
