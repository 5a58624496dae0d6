package netio

import (
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A backgroundRead notices a hang-up by reading one byte beyond the request. It starts when the
// whole body of the request has been read. Nobody else reads the connection until it is stopped.
type backgroundRead struct {
	conn *Conn

	mu       sync.Mutex
	onHangup func(cause error) // nil: called, or stopped
	done     chan struct{}     // closed when the read has ended; nil: not started

	byte [1]byte
	n    int // how much of byte was read
	once sync.Once
}

// interruptInterval is the time between two attempts to interrupt a read. A connection that wraps
// another may have set a deadline of its own after the first.
const interruptInterval = 50 * time.Millisecond

func (b *Conn) watchByRead(onHangup func(cause error)) (stop func()) {
	a := &backgroundRead{conn: b, onHangup: onHangup}
	b.background.Store(a)
	if b.bodyLeft.Load() == 0 {
		a.start()
	}
	return a.stop
}

// bodyRead is called after each Read of the request's body. left is how much of the body is unread,
// err is the error of that Read.
func (a *backgroundRead) bodyRead(left int64, err error) {
	switch {
	case left == 0:
		a.start()
	case err != nil && !IsTimeout(err):
		a.report()
	}
}

// start starts the read, unless it has started or the connection has been hijacked.
func (a *backgroundRead) start() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.onHangup == nil || a.done != nil || a.conn.state.Load() == hijacked {
		return
	}
	if err := a.conn.read.suspend(a.conn.Conn.SetReadDeadline); err != nil {
		return // without deadlines the read could not be interrupted
	}
	a.done = make(chan struct{})
	go a.run()
}

func (a *backgroundRead) run() {
	defer close(a.done)
	var err error
	for a.n == 0 && err == nil {
		a.n, err = a.conn.Conn.Read(a.byte[:])
	}
	if a.n == 0 && !IsTimeout(err) {
		a.report()
	}
}

// report calls onHangup, unless the connection was closed from this side.
func (a *backgroundRead) report() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.onHangup != nil && a.conn.state.Load() != closed {
		a.onHangup(protocol.ErrGone)
	}
	a.onHangup = nil
}

// stop interrupts the read and waits for its end. A byte that came is appended to the input buffer.
func (a *backgroundRead) stop() {
	a.mu.Lock()
	a.onHangup = nil
	begun := a.done != nil
	a.mu.Unlock()
	if begun {
		a.once.Do(a.interrupt)
	}
}

// interrupt sets a deadline in the past until the read has ended.
func (a *backgroundRead) interrupt() {
	again := time.NewTicker(interruptInterval)
	defer again.Stop()
	for waiting := true; waiting; {
		a.conn.Conn.SetReadDeadline(time.Unix(1, 0))
		select {
		case <-a.done:
			waiting = false
		case <-again.C:
		}
	}
	a.conn.read.resume(a.conn.Conn.SetReadDeadline)
	a.conn.appendInput(a.byte[:a.n])
}

// appendInput appends p, which was read in the background, to the input buffer.
func (b *Conn) appendInput(p []byte) {
	if len(p) > 0 {
		b.makeRoom(b.w - b.r + len(p))
		b.w += copy(b.in[b.w:], p)
	}
}
