package compare

import (
	"strconv"

	"github.com/postern-gateway/postern/internal/load"
)

// nginxTable has the works one after the other, so that the directives stand below each other.
func (r *Results) nginxTable() *grid {
	g := &grid{head: []string{"work", "nginx has", "server", "requests/s", "CPU, both", "of the server", "of nginx", "p50", "p99"}, text: 3}
	for _, work := range works() {
		r.each(func(row *RowResult) bool { return row.Front == nginx && row.Work == work.Name && !isHost(row) }, func(w *load.Wire, row *RowResult) {
			g.add(row, work.Title, directive(w), serverTitle(row.Server), row.spread("rate"), row.both(), row.spread("cpu"), row.spread("front_cpu"),
				row.text("p50"), row.text("p99"))
		})
	}
	return g
}

// both is the processor time of server and front together; "-" where one of them is not known.
func (r *RowResult) both() string {
	own, ok := r.Metrics["cpu"]
	front, known := r.Metrics["front_cpu"]
	if !ok || !known {
		return "-"
	}
	return metricNamed("cpu").format(own.Median + front.Median)
}

// cgiTable has what a host does by one way of calling it beside the other hosts.
func (r *Results) cgiTable() *grid {
	g := &grid{head: []string{"work", "connections", "called by", "host", "requests/s", "CPU", "p50", "p99", "memory"}, text: 4}
	for _, work := range works() {
		for _, n := range connections {
			for _, front := range []string{direct, nginx} {
				r.each(func(row *RowResult) bool {
					return isHost(row) && row.Front == front && row.Work == work.Name && row.Connections == n
				}, func(w *load.Wire, row *RowResult) {
					by := w.Title
					if front == nginx {
						by = "nginx, " + directive(w)
					}
					g.add(row, work.Title, strconv.Itoa(n), by, serverTitle(row.Server), row.spread("rate"), row.spread("cpu"), row.text("p50"), row.text("p99"), row.text("memory"))
				})
			}
		}
	}
	return g
}
