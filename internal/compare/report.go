package compare

import (
	"fmt"
	"strconv"

	"github.com/postern-gateway/postern/internal/load"
)

// A section of the report is text, a table and charts; each may be missing.
type section struct {
	title   string
	text    []string // paragraphs
	table   *grid
	figures []figure
}

// A grid is a table, whose first columns are text and whose others are numbers.
type grid struct {
	head []string
	text int // how many columns are text
	rows []gridRow
}

type gridRow struct {
	cells []string
	ours  bool
}

// sections are the whole report.
func (r *Results) sections() (all []section) {
	figures := make(map[string]figure)
	for _, f := range r.figures() {
		figures[f.name] = f
	}
	add := func(s section, names ...string) {
		for _, name := range names {
			if f, ok := figures[name]; ok {
				s.figures = append(s.figures, f)
			}
		}
		if s.table != nil && len(s.table.rows) == 0 {
			s.table = nil
		}
		if s.table != nil || len(s.figures) > 0 || len(s.text) > 0 && s.title == "" {
			all = append(all, s)
		}
	}
	add(section{title: "A small request", text: []string{
		"A GET with 13 bytes of answer and the variables that nginx sends for a browser's request. " + usualNote +
			" Below each figure is its spread, the least and the greatest of all rounds. × is the processor time as a multiple of Postern's by the same wire.",
	}, table: r.mainTable()}, "cpu", "rate")
	add(section{title: "What a request costs on the way", text: []string{
		"Bytes on the wire, as the program sees them (without the heads of TCP/IP), system calls of the server, but for those by which threads wait for each other, and allocations of servers in Go. All for one GET. System calls are counted over one connection, where a server has to wait for each request.",
	}, table: r.wayTable()})
	add(section{title: "Larger bodies", text: []string{"CPU of the server for one request of each work. " + usualNote}, table: r.worksTable("cpu")}, "size", "size-fastcgi")
	add(section{title: "More connections", text: []string{"Requests a second, and below them the latency that 99 % of them do not exceed. GET over a Unix socket."},
		table: r.connectionsTable()}, "connections", "memory")
	add(section{title: "Latency at a set rate", text: []string{
		fmt.Sprintf("%s requests a second are due, whether or not those before have been answered. A latency counts from when its request was due. %s", formatNumber(rate), usualNote),
	}, table: r.rateTable()}, "latency", "latency-fastcgi")
	add(section{title: "Unix socket and TCP", text: []string{"GET, 32 connections: CPU of the server, and requests a second."}, table: r.networksTable()})
	add(section{title: "Behind nginx", text: []string{
		"The same works through nginx, whose clients keep their connections. \"Connections kept\" is keepalive in the upstream block; without it nginx connects for each request. " + usualNote,
	}, table: r.nginxTable()}, "nginx", "nginx-cpu")
	add(section{title: "CGI programs", text: []string{"A program is started for each request. Its processor time is in the figure; the memory is that of the host. fcgiwrap has the system forget its programs (it ignores SIGCHLD), so what they take is not known."},
		table: r.cgiTable()}, "cgi")
	return all
}

// usualRow is the row of a GET around which everything is varied, for a server and a wire; nil if
// there is none.
func (r *Results) usualRow(server, wire string) *RowResult {
	return r.find(Row{Front: direct, Server: server, Wire: wire, Network: "unix", Connections: usual, Work: "get"}.ID())
}

// each calls f for every row that which chooses, by wires, in the order of the plan.
func (r *Results) each(which func(*RowResult) bool, f func(*load.Wire, *RowResult)) {
	for _, w := range load.Wires() {
		for i := range r.Rows {
			if row := &r.Rows[i]; row.Wire == w.Name && which(row) {
				f(w, row)
			}
		}
	}
}

// isUsual reports whether row is the usual one of a server that is no host of CGI programs.
func isUsual(row *RowResult) bool {
	return row.Front == direct && row.Network == "unix" && row.Connections == usual && row.Work == "get" && row.Rate == 0 && !isHost(row)
}

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
