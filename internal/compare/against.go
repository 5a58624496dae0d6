package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// A change is how a metric of a row differs from that of earlier results.
type change struct {
	id     string
	metric metric
	before Summary
	after  Summary
}

// factor is how many times as much it is.
func (c *change) factor() float64 {
	if c.before.Median == 0 {
		return 1
	}
	return c.after.Median / c.before.Median
}

// within reports that nothing is known to have changed.
func (c *change) within() bool { return c.before.overlaps(c.after) }

func (c *change) better() bool { return (c.factor() > 1) == c.metric.more }

// weight is how far the factor is from 1, in either direction.
func (c *change) weight() float64 {
	f := c.factor()
	if f <= 0 {
		return 0
	}
	return max(f, 1/f)
}

// changes are all judged metrics of the rows that both have.
func changes(before, after *Results) (all []change) {
	for i := range after.Rows {
		now := &after.Rows[i]
		then := before.find(now.ID)
		if then == nil || then.Failed > 0 || now.Failed > 0 {
			continue
		}
		for _, m := range allMetrics {
			b, okBefore := then.Metrics[m.name]
			a, okAfter := now.Metrics[m.name]
			if m.judged && okBefore && okAfter {
				all = append(all, change{now.ID, m, b, a})
			}
		}
	}
	return all
}

// Against tells what got better or worse from earlier results to later ones.
func Against(before, after *Results) string {
	all := changes(before, after)
	var out strings.Builder
	fmt.Fprintf(&out, "Against the results of %s:\n", before.Date.Format("2 January 2006, 15:04"))
	if before.Machine.CPU != after.Machine.CPU || before.Machine.Cores != after.Machine.Cores {
		fmt.Fprintf(&out, "The machines differ: %s before, %s now. What follows may be theirs.\n", before.Machine.short(), after.Machine.short())
	}
	if before.Duration != after.Duration || before.Rounds != after.Rounds {
		fmt.Fprintf(&out, "The runs differ: %d rounds of %s before, %d of %s now.\n", before.Rounds, before.Duration, after.Rounds, after.Duration)
	}
	within := 0
	var better, worse []change
	for _, c := range all {
		switch {
		case c.within():
			within++
		case c.better():
			better = append(better, c)
		default:
			worse = append(worse, c)
		}
	}
	printChanges(&out, "Worse", worse)
	printChanges(&out, "Better", better)
	fmt.Fprintf(&out, "%d of %d figures are within the spread of the two runs: nothing is known to have changed there.\n", within, len(all))
	printOnly(&out, before, after)
	return out.String()
}

// printChanges prints the greatest first.
func printChanges(out *strings.Builder, title string, list []change) {
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b change) int { return cmp.Compare(b.weight(), a.weight()) })
	fmt.Fprintf(out, "\n%s:\n", title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range list {
		fmt.Fprintf(w, "  %s\t%s\t%s -> %s\tx %.2f\t(%s to %s -> %s to %s)\n", c.id, c.metric.title, c.metric.format(c.before.Median),
			c.metric.format(c.after.Median), c.factor(), c.metric.format(c.before.Min), c.metric.format(c.before.Max), c.metric.format(c.after.Min), c.metric.format(c.after.Max))
	}
	w.Flush()
	fmt.Fprintln(out)
}

// printOnly says how many rows only one of the two has.
func printOnly(out *strings.Builder, before, after *Results) {
	var gone, fresh int
	for i := range before.Rows {
		if after.find(before.Rows[i].ID) == nil {
			gone++
		}
	}
	for i := range after.Rows {
		if before.find(after.Rows[i].ID) == nil {
			fresh++
		}
	}
	if gone+fresh > 0 {
		fmt.Fprintf(out, "%d rows were measured then and not now, %d now and not then.\n", gone, fresh)
	}
}
