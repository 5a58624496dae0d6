package benchmarks

import "testing"

// warmUp is how many exchanges come before the measured ones.
const warmUp = 50 * workers

// BenchmarkServe compares protocols, and variants of one: see the package's documentation.
func BenchmarkServe(b *testing.B) {
	t := new(table)
	for i := range wires {
		w := &wires[i]
		b.Run(w.name, func(b *testing.B) {
			for _, x := range exercises {
				b.Run(x.name, func(b *testing.B) {
					for _, v := range w.variants() {
						b.Run(v, func(b *testing.B) { benchmarkServe(b, t, w, x, v) })
					}
				})
			}
		})
	}
	t.print()
}

func benchmarkServe(b *testing.B, t *table, w *wire, x exercise, variant string) {
	d, err := w.record(x)
	if err != nil {
		b.Fatal(err)
	}
	s := startServer(b, w.name+" "+x.name+" "+variant)
	all := crew(b, workers, w, x, s.socket, d.request)
	replay(b, all, warmUp)
	b.SetBytes(int64(len(d.request) + len(d.answer)))
	before := s.ask(b, "usage")
	b.ResetTimer()
	replay(b, all, b.N)
	b.StopTimer()
	after := s.ask(b, "usage")
	m := measurement{
		runs: b.N,
		cpu:  float64(after.CPU-before.CPU) / float64(b.N),
		// The questions themselves cost some.
		allocs: float64(after.Allocs-before.Allocs) / float64(b.N),
	}
	b.ReportMetric(m.cpu, "server-ns/op")
	b.ReportMetric(m.allocs, "server-allocs/op")
	t.add(cell{w.name, x.name, variant}, m)
}
