// Package ratelimit bounds what may happen in a second, lines of a log above all, and counts the
// rest.
package ratelimit

import (
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
