package gateway

import (
	"time"
)

// webBuffer is the size of net/http's input buffer.
const webBuffer = 4 << 10

// A webIdle finds out when a connection that net/http serves is idle, and has net/http let go of
// it: its buffers and its stack are larger than all else that an idle connection needs. To net/http
// the connection has ended.
//
// net/http says that a response has been sent, sets the idle deadline, reads, and sets the deadline
// of the next request, also if that has come by then. So a read between the two that has the whole
// buffer to fill is one that waits for a first byte.
//
// It is a timer that ends that read. It is not set anew for each request, nor is it a deadline: to
// set an earlier one than others wakes the runtime's poller, by a system call.
type webIdle struct {
	after time.Duration // of ReturnIdle; 0: never

	// guarded by the webConn's mu
	state   webIdleState
	since   time.Time // when the state firstByte began
	until   time.Time // net/http's idle deadline
	timer   *time.Timer
	armed   bool // the timer runs
	reading bool // for a first byte
	asked   bool // the read is to end
	over    bool // it has, and net/http lets go
}

type webIdleState uint8

const (
	inRequest   webIdleState = iota // a request is being read or served
	deadlineDue                     // a response has been sent, and the idle deadline is to come
	firstByte                       // it has come
)

// ReturnIdle implements [protocol.IdleReturner]: net/http lets go of c, as if it had ended.
func (c *webConn) ReturnIdle(after time.Duration) {
	c.idle.after = after
}

// isIdle reports whether net/http has let go of c because it is idle.
func (c *webConn) isIdle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle.over
}

// noteDeadline comes when net/http sets the read deadline. The lock is held.
func (c *webConn) noteDeadline(t time.Time) {
	i := &c.idle
	if i.state != deadlineDue {
		i.state = inRequest
		return
	}
	i.state, i.since, i.until = firstByte, time.Now(), t
	c.armIdle(i.after)
}

// armIdle starts the timer, if it does not run. The lock is held.
func (c *webConn) armIdle(d time.Duration) {
	i := &c.idle
	switch {
	case i.armed || d == 0:
		return
	case i.timer == nil:
		i.timer = time.AfterFunc(d, c.endIdleRead)
	default:
		i.timer.Reset(d)
	}
	i.armed = true
}

// disarmIdle stops the timer when net/http is done with the connection: as long as it runs it holds
// all that the connection has taken.
func (c *webConn) disarmIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle.armed {
		c.idle.timer.Stop()
	}
}

// endIdleRead ends the read that waits for a first byte, if it has waited for long enough. One that
// rests while a handler runs is made instead: the handler takes long.
func (c *webConn) endIdleRead() {
	i := &c.idle
	c.mu.Lock()
	defer c.mu.Unlock()
	i.armed = false
	if c.deadline.resting {
		c.setWatched(true)
	}
	if !i.reading || i.state != firstByte {
		return
	}
	if left := i.after - time.Since(i.since); left > 0 {
		c.armIdle(left)
		return
	}
	i.asked = true
	c.setReadDeadline(pastDeadline)
}

// responseSent comes when a response has been sent: whether the client leaves is of no interest
// until the next one.
func (c *webConn) responseSent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle.state = deadlineDue
	c.setWatched(false)
}

// endsIdle comes after a read, and reports whether it has ended because the connection is idle. If
// it was to end and has not, that is undone. The lock is held.
func (c *webConn) endsIdle(n int, met bool) bool {
	i := &c.idle
	asked := i.asked
	i.reading, i.asked = false, false
	if n > 0 {
		i.state = inRequest
	}
	if !asked {
		return false
	}
	if i.over = met; !i.over {
		c.setReadDeadline(i.until)
	}
	return i.over
}
