package protocol

import (
	"context"
	"log/slog"

	"github.com/postern-gateway/postern/internal/ratelimit"
)

// How many lines a second tell of failed requests: of one connection, and of all connections of a
// Loop.
const (
	connLines = 10
	loopLines = 100
)

// lines counts the log lines of a connection or a Loop: errors apart from what peers do wrong, so
// that no peer can hide them.
type lines struct {
	errors, others ratelimit.Limiter
}

func (n *lines) of(level slog.Level) *ratelimit.Limiter {
	if level >= slog.LevelError {
		return &n.errors
	}
	return &n.others
}

// allow reports whether a line may be logged, and how many were not since the last one.
func (l *Loop) allow(own *lines, level slog.Level) (ok bool, unlogged int) {
	if own != nil {
		mine := own.of(level)
		if ok, unlogged = mine.Allow(connLines); !ok {
			return false, 0
		}
	}
	all := l.lines.of(level)
	all.Add(unlogged)
	return all.Allow(loopLines)
}

// leftOut logs how many lines of a connection that has ended were left out since its last one, or
// leaves that to the Loop's next line.
func (l *Loop) leftOut(ctx context.Context, own *lines) {
	for _, level := range [...]slog.Level{slog.LevelError, slog.LevelWarn} {
		n := own.of(level).Rest()
		if n == 0 {
			continue
		}
		all := l.lines.of(level)
		all.Add(n)
		if ok, unlogged := all.Allow(loopLines); ok {
			l.log().LogAttrs(ctx, level, "requests failed", slog.Int("unlogged", unlogged))
		}
	}
}

func (l *Loop) log() *slog.Logger {
	if l.Log != nil {
		return l.Log
	}
	return slog.Default()
}
