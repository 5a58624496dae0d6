package gateway

import (
	"errors"
	"os"
	"sync"
	"time"
)

// Park makes net/http let go of c, if it waits for a request and has nothing of one: its buffers
// and its stack are larger than all else that an idle connection needs. To net/http the connection
// has ended.
func (c *webConn) Park() bool {
	return c.given.Load() && c.lull.interrupt(c.Conn.SetReadDeadline)
}

// Parked reports whether net/http has let go of c because of Park, and when its next request is
// due; zero is never.
func (c *webConn) Parked() (until time.Time, ok bool) {
	c.lull.mu.Lock()
	defer c.lull.mu.Unlock()
	return c.lull.until, c.lull.parked
}

// SetReadDeadline implements net.Conn.
func (c *webConn) SetReadDeadline(t time.Time) error {
	c.lull.mu.Lock()
	defer c.lull.mu.Unlock()
	c.lull.deadline(t)
	return c.Conn.SetReadDeadline(t)
}

// webBuffer is the size of net/http's input buffer.
const webBuffer = 4 << 10

// A lull is the time between two requests of a connection that net/http serves. net/http says that
// it begins, sets the idle deadline, reads, and sets the next request's deadline, also if that has
// come by then: so a read between the two that has the whole buffer to fill is one that waits for a
// first byte.
type lull struct {
	mu      sync.Mutex
	state   lullState
	reading bool      // for a first byte
	asked   bool      // to park
	parked  bool      // a read has ended because of that
	until   time.Time // the idle deadline
}

type lullState uint8

const (
	noLull   lullState = iota // a request is being read or served
	lullDue                   // the idle deadline is to come
	lullHere                  // it is set
)

// begin comes when a response has been sent.
func (l *lull) begin() {
	l.mu.Lock()
	l.state = lullDue
	l.mu.Unlock()
}

// deadline comes with every deadline that is set. The lock is held.
func (l *lull) deadline(t time.Time) {
	if l.state == lullDue {
		l.state, l.until = lullHere, t
		return
	}
	l.state = noLull
}

// enter comes before a read of n bytes at most.
func (l *lull) enter(n int) {
	l.mu.Lock()
	l.reading = l.state == lullHere && n >= webBuffer
	l.mu.Unlock()
}

// interrupt ends a read that waits for a first byte, if there is one.
func (l *lull) interrupt(setDeadline func(time.Time) error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.reading || l.state != lullHere {
		return false
	}
	l.asked = true
	setDeadline(time.Unix(1, 0))
	return true
}

// leave comes after a read, and reports whether it has ended because of interrupt alone. Otherwise
// that is undone.
func (l *lull) leave(n int, err error, setDeadline func(time.Time) error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.asked
	l.reading, l.asked = false, false
	if n > 0 {
		l.state = noLull
	}
	if !asked {
		return false
	}
	l.parked = n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
	if !l.parked {
		setDeadline(l.until)
	}
	return l.parked
}
