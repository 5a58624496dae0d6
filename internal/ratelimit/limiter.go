// Package ratelimit bounds what may happen in a second, lines of a log above all, and counts the
// rest.
package ratelimit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A Limiter lets a number of log lines pass in each second and counts the others. The zero value is
// ready to use. It is safe for concurrent use.
type Limiter struct {
	mu       sync.Mutex
	next     time.Time // when the present second ends
	logged   int       // lines in it
	unlogged int
}

// Allow reports whether a line may be logged now, where burst of them may be in a second, and how
// many have not been since the last one.
func (l *Limiter) Allow(burst int) (ok bool, unlogged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); !now.Before(l.next) {
		l.next, l.logged = now.Add(time.Second), 0
	}
	if l.logged >= burst {
		l.unlogged++
		return false, 0
	}
	l.logged++
	unlogged, l.unlogged = l.unlogged, 0
	return true, unlogged
}

// Many is how many lines of one kind a second tell enough of what requests lead to.
const Many = 100

// Log logs a line, unless most have been in this second, with how many were left out since the last
// one. A nil log is slog.Default.
func (l *Limiter) Log(log *slog.Logger, most int, level slog.Level, text string, attrs ...slog.Attr) {
	if log == nil {
		log = slog.Default()
	}
	if !log.Enabled(context.Background(), level) {
		return
	}
	ok, unlogged := l.Allow(most)
	if !ok {
		return
	}
	if unlogged > 0 {
		attrs = append(attrs, slog.Int("unlogged", unlogged))
	}
	log.LogAttrs(context.Background(), level, text, attrs...)
}

// Add counts n lines as not logged.
func (l *Limiter) Add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unlogged += n
}

// Rest returns how many lines have not been logged since the last one.
func (l *Limiter) Rest() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unlogged
}
