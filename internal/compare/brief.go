package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/internal/load"
)

// brief says of each wire in a sentence what a GET costs, Postern first and then who does the same.
func (r *Results) brief() (lines []string) {
	for _, w := range load.Wires() {
		ours := r.usualRow("postern", w.Name)
		if ours == nil || ours.Failed > 0 || ours.text("cpu") == "-" {
			continue
		}
		var others []*RowResult
		r.each(isUsual, func(of *load.Wire, row *RowResult) {
			if of == w && row != ours && row.Failed == 0 && row.text("cpu") != "-" {
				others = append(others, row)
			}
		})
		slices.SortStableFunc(others, func(a, b *RowResult) int { return cmp.Compare(a.Metrics["cpu"].Median, b.Metrics["cpu"].Median) })
		line := fmt.Sprintf("%s: a GET takes Postern %s of processor time", w.Title, ours.text("cpu"))
		var parts []string
		for _, o := range others {
			parts = append(parts, fmt.Sprintf("%s %s (×\u00a0%s)", serverTitle(o.Server), o.text("cpu"), o.ratio(ours, "cpu")))
		}
		if len(parts) > 0 {
			line += "; " + strings.Join(parts, ", ")
		}
		lines = append(lines, line+".")
	}
	return lines
}
