package netio

import (
	"sync"
	"time"
)

// Renew moves a read or write deadline, which stands at *at, to d from now by set, and notes it in
// *at. The zero time, and d <= 0, are none. One that is near enough, no more than a sixteenth of d
// early, is left: to set it at each piece would cost as much as the piece. One that is later than
// is wanted never is: the limit may be another one than the last.
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

// A deadline is one direction's of a Conn.
type deadline struct {
	mu  sync.Mutex
	at  time.Time
	own bool // a handler has set it for its request

	held bool // see hold
}

// arm wants d from now, as Renew does. d == 0 means none.
func (t *deadline) arm(set func(time.Time) error, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.own && !t.held {
		Renew(&t.at, d, set)
	}
}

// unset reports whether there is no deadline.
func (t *deadline) unset() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at.IsZero() && !t.own
}

// set wants d from now, exactly.
func (t *deadline) set(set func(time.Time) error, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = time.Time{}
	if d != 0 {
		t.at = time.Now().Add(d)
	}
	set(t.at)
}

// request wants exactly at, until the request ends.
func (t *deadline) request(set func(time.Time) error, at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.own = at, true
	if t.held {
		return nil
	}
	return set(at)
}

// reset forgets what a request has set.
func (t *deadline) reset() {
	t.mu.Lock()
	t.own = false
	t.mu.Unlock()
}

// hold removes the deadline. One that is wanted meanwhile is noted, and set by release.
func (t *deadline) hold(set func(time.Time) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := set(time.Time{})
	t.held = err == nil
	return err
}

// release ends a hold: the deadline is the handler's, or none.
func (t *deadline) release(set func(time.Time) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = false
	if !t.own {
		t.at = time.Time{}
	}
	set(t.at)
}
