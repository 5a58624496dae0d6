package benchmarks

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
)

// A table is the summary of a run.
type table struct {
	order []cell
	all   map[cell][]measurement
}

type cell struct{ protocol, exercise, variant string }

// A measurement is one run of one benchmark, per operation.
type measurement struct {
	runs   int
	cpu    float64 // of the server; ns
	allocs float64
}

func (t *table) add(c cell, m measurement) {
	if t.all == nil {
		t.all = make(map[cell][]measurement)
	}
	if _, seen := t.all[c]; !seen {
		t.order = append(t.order, c)
	}
	t.all[c] = append(t.all[c], m)
}

// median is that of the long runs: the first ones only find out how long a run may be.
func (t *table) median(c cell) (m measurement, ok bool) {
	longest := 0
	for _, m := range t.all[c] {
		longest = max(longest, m.runs)
	}
	var cpu, allocs []float64
	for _, m := range t.all[c] {
		if m.runs*2 > longest {
			cpu, allocs = append(cpu, m.cpu), append(allocs, m.allocs)
		}
	}
	if longest == 0 {
		return m, false
	}
	slices.Sort(cpu)
	slices.Sort(allocs)
	return measurement{longest, cpu[(len(cpu)-1)/2], allocs[(len(allocs)-1)/2]}, true
}

// print prints a row for each protocol and variant, a column for each exercise.
func (t *table) print() {
	if len(t.order) == 0 {
		return
	}
	fmt.Println("\nThe server's CPU time per request, and its allocations:")
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "protocol\tvariant\t")
	for _, x := range exercises {
		fmt.Fprintf(out, "%s\t\t", x.name)
	}
	fmt.Fprintln(out)
	for i := range wires {
		for _, v := range wires[i].variants() {
			t.row(out, wires[i].name, v)
		}
	}
	out.Flush()
	t.ratios()
}

func (t *table) row(out *tabwriter.Writer, protocol, variant string) {
	text, any := "", false
	for _, x := range exercises {
		m, ok := t.median(cell{protocol, x.name, variant})
		if any = any || ok; ok {
			text += fmt.Sprintf("%.1f us\t%.0f allocs\t", m.cpu/1e3, m.allocs)
		} else {
			text += "-\t-\t"
		}
	}
	if any {
		fmt.Fprintf(out, "%s\t%s\t%s\n", protocol, variant, text)
	}
}

// ratios prints what is promised of a small GET over a kept connection.
func (t *table) ratios() {
	peer, ok := t.median(cell{"fastcgi", "get", "net-http-fcgi"})
	if !ok {
		return
	}
	for _, promise := range []struct {
		variant string
		parts   float64
	}{{"native", 5}, {"http", 4}} {
		if m, ok := t.median(cell{"fastcgi", "get", promise.variant}); ok {
			fmt.Printf("fastcgi get %s: 1/%.1f of net/http/fcgi's CPU time (at most 1/%.0f)\n", promise.variant, peer.cpu/m.cpu, promise.parts)
		}
	}
}
