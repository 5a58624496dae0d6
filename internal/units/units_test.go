package units_test

import (
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/units"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "100": 100, "100b": 100, "64k": 64 << 10, "64K": 64 << 10, "10m": 10 << 20, "10M": 10 << 20, "10MiB": 10 << 20,
		"10MB": 10 << 20, "10mib": 10 << 20, "1g": 1 << 30, "1.5G": 3 << 29, "2T": 2 << 40, ".5k": 512, "-1": -1, "0.1k": 102,
	} {
		if got, err := units.ParseSize(text); got != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "k", "MiB", "ib", "1ib", "b", "10 M", "10x", "1e3", "inf", "0x10", "1.2.3", "8388608T", "9223372036854775808", "none", "5m30s", "."} {
		if got, err := units.ParseSize(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
	for n, want := range map[int64]string{0: "0", 1: "1", 1023: "1023", 1024: "1KiB", 64 << 10: "64KiB", 1<<20 + 1: "1048577", 3 << 29: "1536MiB", 2 << 40: "2TiB", 1 << 60: "1048576TiB"} {
		if got := units.FormatSize(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		} else if back, err := units.ParseSize(got); back != n || err != nil {
			t.Errorf("%q: %d, %v, want %d", got, back, err, n)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "5": 5 * time.Second, "30s": 30 * time.Second, "1m30s": 90 * time.Second, "2h": 2 * time.Hour, "0.5": 500 * time.Millisecond,
		"10m": 10 * time.Minute, "7d": 168 * time.Hour, "-1": -time.Second, "-1ns": -1, "450ms": 450 * time.Millisecond,
	} {
		if got, err := units.ParseDuration(text); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "s", "5 s", "five", "10M", "1e3", "9223372037", "106752d", "none", "10MiB"} {
		if got, err := units.ParseDuration(text); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", time.Minute: "1m", 90 * time.Second: "1m30s", 2 * time.Hour: "2h", 150 * time.Minute: "2h30m", time.Hour + 10*time.Second: "1h0m10s", 30 * time.Second: "30s", 10 * time.Minute: "10m"} {
		if got := units.FormatDuration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	if n, err := units.Limit("none", -1, units.ParseCount); n != -1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := units.Limit("7", -1, units.ParseCount); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	_, err := units.Limit("many", -1, units.ParseCount)
	if want := "a whole number is meant, or none for no limit"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}
