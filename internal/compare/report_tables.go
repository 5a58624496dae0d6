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

// ratio is how many times as much as in another row a metric is.
func (r *RowResult) ratio(to *RowResult, name string) string {
	if to == nil {
		return "-"
	}
	mine, ok := r.Metrics[name]
	its, known := to.Metrics[name]
	if !ok || !known || its.Median == 0 {
		return "-"
	}
	return strconv.FormatFloat(mine.Median/its.Median, 'f', 1, 64)
}

func (r *Results) wayTable() *grid {
	g := &grid{head: []string{"wire", "server", "bytes sent", "bytes received", "system calls", "allocations", "allocated"}, text: 2}
	r.each(isUsual, func(w *load.Wire, row *RowResult) {
		calls := row
		if !w.Multiplexed {
			alone := row.Row
			alone.Connections = 1
			calls = r.find(alone.ID())
		}
		n := "-"
		if calls != nil {
			n = calls.text("calls")
		}
		g.add(row, w.Title, serverTitle(row.Server), row.text("sent"), row.text("received"), n, row.text("allocs"), row.text("alloc_bytes"))
	})
	return g
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
		g.head = append(g.head, formatNumber(float64(n)))
	}
	r.each(isUsual, func(w *load.Wire, row *RowResult) {
		cells, any := []string{w.Title, serverTitle(row.Server)}, 0
		for _, n := range connections {
			other := row.Row
			other.Connections = n
			text := r.cell(other, (*RowResult).text, "rate")
			if text != "-" && text != "failed" {
				text += "\n" + r.cell(other, (*RowResult).text, "p99")
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

func (r *Results) nginxTable() *grid {
	g := &grid{head: []string{"nginx has", "server", "work", "requests/s", "CPU of the server", "CPU of nginx", "p50", "p99"}, text: 3}
	r.each(func(row *RowResult) bool { return row.Front == nginx }, func(w *load.Wire, row *RowResult) {
		g.add(row, directive(w), serverTitle(row.Server), workTitle(row.Work), row.spread("rate"), row.spread("cpu"), row.spread("front_cpu"), row.text("p50"), row.text("p99"))
	})
	return g
}

func (r *Results) cgiTable() *grid {
	g := &grid{head: []string{"wire", "host", "work", "connections", "requests/s", "CPU", "p50", "p99", "memory"}, text: 3}
	r.each(func(row *RowResult) bool { return row.Front == direct && isHost(row) }, func(w *load.Wire, row *RowResult) {
		g.add(row, w.Title, serverTitle(row.Server), workTitle(row.Work), strconv.Itoa(row.Connections), row.spread("rate"), row.spread("cpu"),
			row.text("p50"), row.text("p99"), row.text("memory"))
	})
	return g
}

func workTitle(name string) string {
	if w := workNamed(name); w != nil {
		return w.Title
	}
	return name
}
