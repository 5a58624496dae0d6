package compare

// A metric is a quantity that is measured.
type metric struct {
	name, title string
	unit        string
	more        bool // is better
	judged      bool // against tells whether it has changed
}

var allMetrics = []metric{
	{name: "rate", title: "requests/s", more: true, judged: true},
	{name: "cpu", title: "CPU of the server", unit: "us", judged: true},
	{name: "front_cpu", title: "CPU of nginx", unit: "us"},
	{name: "p50", title: "p50", unit: "us", judged: true},
	{name: "p99", title: "p99", unit: "us", judged: true},
	{name: "p999", title: "p99.9", unit: "us"},
	{name: "memory", title: "peak memory", unit: "B", judged: true},
	{name: "sent", title: "bytes sent", unit: "B"},
	{name: "received", title: "bytes received", unit: "B"},
	{name: "allocs", title: "allocations", judged: true},
	{name: "alloc_bytes", title: "bytes allocated", unit: "B"},
	{name: "calls", title: "system calls", judged: true},
	{name: "program_calls", title: "system calls of the CGI program"},
}

func metricNamed(name string) *metric {
	for i := range allMetrics {
		if allMetrics[i].name == name {
			return &allMetrics[i]
		}
	}
	return nil
}

// format writes a value of the metric for people.
func (m *metric) format(v float64) string {
	switch m.unit {
	case "us":
		return formatMicros(v)
	case "B":
		return formatBytes(v)
	}
	return threeDigits(v)
}

// tick writes a value of the metric at an axis: a round one, as short as can be.
func (m *metric) tick(v float64) string {
	if m.unit == "us" {
		return micros(v, formatNumber)
	}
	return m.format(v)
}
