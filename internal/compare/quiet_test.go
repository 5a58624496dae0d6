package compare

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestUntilQuiet: a run begins as soon as the machine is quiet, and at some time in any case.
func TestUntilQuiet(t *testing.T) {
	for _, tt := range []struct {
		shares []float64 // what each look finds
		times  int
		want   float64
		told   string
	}{
		{[]float64{0}, 60, 0, ""}, {[]float64{5}, 60, 5, ""},
		{[]float64{80, 5.5, 2}, 60, 2, "80 % busy with something else: waiting up to 59s"},
		{[]float64{80, 70, 60}, 3, 60, "waiting up to 2s"},
		{[]float64{80}, 1, 80, ""},
	} {
		var told []string
		next := 0
		got, err := untilQuiet(tt.times, func() (float64, error) {
			next++
			return tt.shares[next-1], nil
		}, func(line string) { told = append(told, line) })
		if got != tt.want || err != nil || next != len(tt.shares) {
			t.Errorf("%v: %v after %d looks, %v", tt.shares, got, next, err)
		}
		if text := strings.Join(told, "\n"); (text == "") != (tt.told == "") || !strings.Contains(text, tt.told) || len(told) > 1 {
			t.Errorf("%v: it says %q, want %q", tt.shares, told, tt.told)
		}
	}
}

// TestInterruptedWait: who stops a run need not wait for a quiet machine.
func TestInterruptedWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := busy(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c := newComparison(t)
	c.progress.w = new(bytes.Buffer)
	if _, err := c.awaitQuiet(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
