package compare

import (
	"fmt"
	"math"
	"strconv"
)

// formatNumber writes three digits, with a comma between thousands.
func formatNumber(v float64) string {
	if a := math.Abs(v); a < 100 && a != math.Trunc(a) {
		digits := 1
		if a < 10 {
			digits = 2
		}
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
	text := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func formatMicros(v float64) string {
	switch {
	case v >= 1e6:
		return formatNumber(v/1e6) + "\u00a0s"
	case v >= 1e3:
		return formatNumber(v/1e3) + "\u00a0ms"
	}
	return formatNumber(v) + "\u00a0µs"
}

func formatBytes(v float64) string {
	switch {
	case v >= 1<<20:
		return formatNumber(math.Round(v/(1<<20)*10)/10) + "\u00a0MB"
	case v >= 10<<10:
		return formatNumber(math.Round(v/(1<<10))) + "\u00a0KB"
	}
	return formatNumber(math.Round(v)) + "\u00a0B"
}

// short says in a few words which machine it is.
func (m *Machine) short() string { return fmt.Sprintf("%s with %d cores", m.CPU, m.Cores) }
