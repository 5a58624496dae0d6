package netio

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Renew moves a read or write deadline from *at to d from now: it calls set and stores the time in
// *at. The zero time and d <= 0 are no deadline. A deadline that is at most a sixteenth of d too
// early is left, because setting it costs as much as a small read or write. A deadline that is too
// late is always moved: d may be smaller than the last time.
func Renew(at *time.Time, d time.Duration, set func(time.Time) error) {
	if d <= 0 {
		if !at.IsZero() {
			*at = time.Time{}
			set(*at)
		}
		return
	}
	want := time.Now().Add(d)
	if early := want.Sub(*at); early < 0 || early > d/16 {
		*at = want
		set(want)
	}
}

// A deadline is a Conn's read or its write deadline.
type deadline struct {
	mu        sync.Mutex
	at        time.Time
	byHandler bool // a handler has set it for its request
	suspended bool // see suspend
}

// arm sets the deadline to d from now, as Renew does, unless a handler has set it or it is
// suspended. d == 0 means none.
func (t *deadline) arm(set func(time.Time) error, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.byHandler && !t.suspended {
		Renew(&t.at, d, set)
	}
}

// isUnset reports whether there is no deadline.
func (t *deadline) isUnset() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at.IsZero() && !t.byHandler
}

// set sets the deadline to exactly d from now. d == 0 means none.
func (t *deadline) set(set func(time.Time) error, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = time.Time{}
	if d != 0 {
		t.at = time.Now().Add(d)
	}
	set(t.at)
}

// setByHandler sets the deadline to at until the request ends. It is not moved before.
func (t *deadline) setByHandler(set func(time.Time) error, at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.byHandler = at, true
	if t.suspended {
		return nil
	}
	return set(at)
}

// endRequest lets arm move a deadline again that a handler has set.
func (t *deadline) endRequest() {
	t.mu.Lock()
	t.byHandler = false
	t.mu.Unlock()
}

// suspend removes the deadline until resume. One that a handler sets in between is set by resume.
func (t *deadline) suspend(set func(time.Time) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := set(time.Time{})
	t.suspended = err == nil
	return err
}

// resume ends a suspend. The deadline is then the handler's, or none.
func (t *deadline) resume(set func(time.Time) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.suspended = false
	if !t.byHandler {
		t.at = time.Time{}
	}
	set(t.at)
}

// After is the deadline d from now. 0 is none.
func After(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// IsTimeout reports whether err says that a deadline has passed.
func IsTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}
