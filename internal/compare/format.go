package compare

import (
	"fmt"
	"math"
	"strconv"
)

// formatNumber writes a count, with a comma between thousands; what is no whole number with three
// digits.
func formatNumber(v float64) string {
	if math.Abs(v) < 100 && v != math.Trunc(v) {
		return threeDigits(v)
	}
	text := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// threeDigits writes as many at least, so that figures below each other have the same number.
func threeDigits(v float64) string {
	digits := 2
	switch a := math.Abs(v); {
	case a == 0 || a >= 99.95:
		return formatNumber(math.Round(v))
	case a >= 9.995:
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

func formatMicros(v float64) string { return micros(v, threeDigits) }

// micros writes a time that is in microseconds.
func micros(v float64, number func(float64) string) string {
	switch {
	case v >= 1e6:
		return number(v/1e6) + "\u00a0s"
	case v >= 999.5:
		return number(v/1e3) + "\u00a0ms"
	}
	return number(v) + "\u00a0µs"
}

func formatBytes(v float64) string {
	switch {
	case v >= 1<<20:
		return threeDigits(v/(1<<20)) + "\u00a0MB"
	case v >= 10<<10:
		return formatNumber(math.Round(v/(1<<10))) + "\u00a0KB"
	}
	return formatNumber(math.Round(v)) + "\u00a0B"
}

// short says in a few words which machine it is.
func (m *Machine) short() string { return fmt.Sprintf("%s with %d cores", m.CPU, m.Cores) }
