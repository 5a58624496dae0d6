// Package units reads and prints sizes, durations and counts as people write them on a command line
// or in a URL.
package units

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// None is the word for no limit.
const None = "none"

// Limit reads text by parse. None stands for the value none.
func Limit[T any](text string, none T, parse func(string) (T, error)) (T, error) {
	if text == None {
		return none, nil
	}
	v, err := parse(text)
	if err != nil {
		err = fmt.Errorf("%w, or none for no limit", err)
	}
	return v, err
}

// The errors of texts that cannot be read.
var (
	ErrCount    = errors.New("a whole number is meant")
	errSize     = errors.New("a number of bytes is meant, as in 64k, 10M or 1G")
	errDuration = errors.New("write a duration such as 30s or 1m30s, or a number of seconds")
	errRate     = errors.New("a number is meant, as in 100 or 0.5")
)

// prefixes are the letters of sizes; each is 1024 times the one before it.
const prefixes = "kmgt"

// ParseSize reads a number of bytes: "1000", "64k", "10M", "10MiB", "1.5g". k, M, G and T are 1024
// bytes and its powers, in upper or lower case, with or without iB or B.
func ParseSize(text string) (int64, error) {
	number, unit := strings.ToLower(text), int64(1)
	if strings.HasSuffix(number, "b") {
		number = strings.TrimSuffix(strings.TrimSuffix(number, "b"), "i")
		if strings.HasSuffix(strings.ToLower(text), "ib") && !endsInPrefix(number) {
			return 0, errSize
		}
	}
	if endsInPrefix(number) {
		unit <<= 10 * (1 + strings.IndexByte(prefixes, number[len(number)-1]))
		number = number[:len(number)-1]
	}
	return multiply(number, unit, errSize)
}

func endsInPrefix(s string) bool {
	return s != "" && strings.IndexByte(prefixes, s[len(s)-1]) >= 0
}

// multiply returns a decimal number times unit.
func multiply(number string, unit int64, wrong error) (int64, error) {
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n > math.MaxInt64/unit || n < math.MinInt64/unit {
			return 0, wrong
		}
		return n * unit, nil
	}
	if strings.Trim(number, "-0123456789.") != "" { // no exponent, and no infinity
		return 0, wrong
	}
	f, err := strconv.ParseFloat(number, 64)
	if f *= float64(unit); err != nil || f >= math.MaxInt64 || f <= math.MinInt64 {
		return 0, wrong
	}
	return int64(math.Round(f)), nil
}

// FormatSize prints a number of bytes in the largest unit that has it whole: "64KiB".
func FormatSize(n int64) string {
	unit := -1
	for ; n != 0 && n%1024 == 0 && unit+1 < len(prefixes); unit++ {
		n /= 1024
	}
	text := strconv.FormatInt(n, 10)
	if unit < 0 {
		return text
	}
	return text + strings.ToUpper(prefixes[unit:unit+1]) + "iB"
}

// ParseDuration reads a duration as time.ParseDuration does, "1m30s", and "7d" in days of 24 hours.
// A bare number is seconds.
func ParseDuration(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	unit := time.Second
	number, isDays := strings.CutSuffix(text, "d")
	if isDays {
		unit = 24 * time.Hour
	}
	n, err := multiply(number, int64(unit), errDuration)
	return time.Duration(n), err
}

// FormatDuration prints d as time.Duration.String does, without what is zero at its end: "1m".
func FormatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// ParseCount reads a whole number.
func ParseCount(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, ErrCount
	}
	return n, nil
}

// ParseRate reads how many of something are to come in a second.
func ParseRate(text string) (float64, error) {
	r, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(r, 0) || math.IsNaN(r) {
		return 0, errRate
	}
	return r, nil
}
