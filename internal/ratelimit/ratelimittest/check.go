// Package ratelimittest checks that what clients and backends make happen does not fill the log.
package ratelimittest

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
)

// unlogged is how many lines are left out.
const unlogged = "unlogged=50"

// Check has something happen 50 times more often in a second than it may be logged, and once in the
// next second. prepare returns what happens, which writes a line with text into log. In it time is
// virtual.
func Check(t *testing.T, text string, prepare func(t *testing.T, log *slog.Logger) (happen func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		happen := prepare(t, slog.New(slog.NewTextHandler(&log, nil)))
		for range ratelimit.Many + 50 {
			happen()
		}
		<-time.After(time.Second)
		if strings.Contains(log.String(), "unlogged") {
			t.Error("lines are said to be left out before the second is over")
		}
		happen()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		last := lines[len(lines)-1]
		if n := strings.Count(log.String(), text); n != ratelimit.Many+1 || !strings.HasSuffix(last, unlogged) {
			t.Errorf("%d lines, want %d; the last, which is to end in %s: %s", n, ratelimit.Many+1, unlogged, last)
		}
	})
}
