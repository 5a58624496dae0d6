package gateway

import (
	"sync"
	"time"
)

// logEvery is the least time between two log lines of one kind on one listener, so that a flood does not fill the log.
const logEvery = time.Second

// A limiter lets one log line a second pass and counts the others.
type limiter struct {
	mu       sync.Mutex
	next     time.Time
	unlogged int
}

// allow reports whether a line may be logged now, and how many have not been since the last one.
func (l *limiter) allow() (ok bool, unlogged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.next) {
		l.unlogged++
		return false, 0
	}
	unlogged, l.unlogged = l.unlogged, 0
	l.next = now.Add(logEvery)
	return true, unlogged
}

// rest returns how many lines have not been logged since the last one.
func (l *limiter) rest() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unlogged
}
