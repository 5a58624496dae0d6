package ratelimit

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Beyond so many lines in a second none is logged, and the next one says how many were not. In this
// test time is virtual.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var l Limiter
		log := slog.New(slog.NewTextHandler(&out, nil))
		say := func(level slog.Level) { l.Log(log, 3, level, "said", slog.String("by", "us")) }
		say(slog.LevelDebug) // which nobody wants to know, nor how often
		for range 10 {
			say(slog.LevelWarn)
		}
		if n := strings.Count(out.String(), "\n"); n != 3 || strings.Contains(out.String(), "unlogged") {
			t.Errorf("%d lines:\n%s", n, out.String())
		}
		out.Reset()
		<-time.After(time.Second)
		say(slog.LevelWarn)
		if !strings.Contains(out.String(), "level=WARN msg=said by=us unlogged=7") {
			t.Error(out.String())
		}
	})
}
