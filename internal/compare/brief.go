package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/internal/load"
)

// briefNote says what the figures of brief are.
const briefNote = "Processor time is that of the server's processes for one GET of 13 bytes, with 32 connections over a Unix socket. × is a multiple of Postern's; ≈ says that the spreads of the two overlap: the difference may be chance."

// brief says in a few sentences what a reader asks first: what a GET costs by each wire, beside
// whom, behind nginx, and as a CGI program.
func (r *Results) brief() (lines []string) {
	if line := r.briefOf("By each wire a GET takes Postern, in processor time: ", isUsual, (*RowResult).cpu,
		func(w *load.Wire) string { return w.Title }); line != "" {
		lines = append(lines, line)
	}
	for _, w := range load.Wires() {
		if line := r.briefWire(w); line != "" {
			lines = append(lines, line)
		}
	}
	if line := r.briefOf("Behind nginx a GET takes Postern and nginx together: ", func(row *RowResult) bool { return row.Front == nginx && row.Work == "get" && !isHost(row) },
		func(row *RowResult) (float64, string) {
			return row.Metrics["cpu"].Median + row.Metrics["front_cpu"].Median, row.both()
		}, directive); line != "" {
		lines = append(lines, line)
	}
	if line := r.briefHosts(); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// cpu is the processor time, as a value and as a text.
func (r *RowResult) cpu() (float64, string) { return r.Metrics["cpu"].Median, r.text("cpu") }

// briefOf sets Postern's rows beside each other, the least first; "" where there are less than two.
func (r *Results) briefOf(begin string, which func(*RowResult) bool, of func(*RowResult) (float64, string), name func(*load.Wire) string) string {
	type part struct {
		value float64
		text  string
	}
	var parts []part
	r.each(func(row *RowResult) bool { return which(row) && row.Server == "postern" && row.Failed == 0 }, func(w *load.Wire, row *RowResult) {
		if value, text := of(row); text != "-" {
			parts = append(parts, part{value, name(w) + " " + text})
		}
	})
	if len(parts) < 2 {
		return ""
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.value, b.value) })
	var texts []string
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	return begin + strings.Join(texts, "; ") + "."
}

// briefWire sets the servers of a wire beside Postern; "" where that was not measured.
func (r *Results) briefWire(w *load.Wire) string {
	ours := r.usualRow("postern", w.Name)
	if ours == nil || ours.Failed > 0 || ours.text("cpu") == "-" {
		return ""
	}
	var others []*RowResult
	r.each(isUsual, func(of *load.Wire, row *RowResult) {
		if of == w && row != ours && row.Failed == 0 && row.text("cpu") != "-" {
			others = append(others, row)
		}
	})
	slices.SortStableFunc(others, func(a, b *RowResult) int { return cmp.Compare(a.Metrics["cpu"].Median, b.Metrics["cpu"].Median) })
	parts := []string{"Postern " + ours.text("cpu")}
	for _, o := range others {
		parts = append(parts, fmt.Sprintf("%s %s (%s\u00a0×)", serverTitle(o.Server), o.text("cpu"), o.ratio(ours, "cpu")))
	}
	return w.Title + ": " + strings.Join(parts, "; ") + "."
}

// briefHosts says how many programs a second each host of CGI programs starts.
func (r *Results) briefHosts() string {
	var parts []string
	r.each(func(row *RowResult) bool {
		return isUsualOrHost(row) && isHost(row) && row.Failed == 0 && row.Wire == "fastcgi-kept"
	}, func(_ *load.Wire, row *RowResult) {
		parts = append(parts, fmt.Sprintf("%s %s", serverTitle(row.Server), row.text("rate")))
	})
	if parts == nil {
		return ""
	}
	return "CGI programs started in a second, for requests by FastCGI that have a connection each: " + strings.Join(parts, "; ") + "."
}
