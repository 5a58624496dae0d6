package compare

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/postern-gateway/postern/internal/load"
)

// summary is what is printed at the end of a run: the usual row of each server and wire.
func (r *Results) summary() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nSERVER\tWIRE\tWORK\tCONNECTIONS\tREQUESTS/S\tCPU\tP50\tP99\tMEMORY")
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Front != direct || row.Network != "unix" || row.Connections != usual || row.Rate > 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d", serverTitle(row.Server), wireTitle(row.Wire), row.Work, row.Connections)
		if row.Failed > 0 {
			fmt.Fprintf(w, "\t%d failed: %s\n", row.Failed, row.Errors[0])
			continue
		}
		for _, name := range []string{"rate", "cpu", "p50", "p99", "memory"} {
			fmt.Fprintf(w, "\t%s", row.text(name))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return out.String()
}

// text is the median of a metric; "-" where there is none.
func (r *RowResult) text(name string) string {
	s, ok := r.Metrics[name]
	if !ok {
		return "-"
	}
	return metricNamed(name).format(s.Median)
}

// serverTitle is that of a server of the table, or else its name: earlier results may have others.
func serverTitle(name string) string {
	if s := serverNamed(name); s != nil {
		return s.title
	}
	return name
}

func wireTitle(name string) string {
	if w := load.WireNamed(name); w != nil {
		return w.Title
	}
	return name
}
