package netio

import (
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An ahead watches a connection by reading one byte more than the request has. It begins when the
// request's body has been read whole: nobody else reads the connection until it is stopped.
type ahead struct {
	conn *Conn

	mu   sync.Mutex
	gone func(cause error) // nil: told, or stopped
	done chan struct{}     // closed when the reading has ended; nil: not begun

	byte [1]byte
	n    int // how much of byte came
	once sync.Once
}

// wakeAgain is how long after its end was asked for a read is asked again: a wrapper may have set a
// deadline of its own in between.
const wakeAgain = 50 * time.Millisecond

func (b *Conn) watchAhead(gone func(cause error)) (stop func()) {
	a := &ahead{conn: b, gone: gone}
	b.ahead.Store(a)
	if b.unread.Load() == 0 {
		a.begin()
	}
	return a.stop
}

// bodyRead notes that all but left bytes of the request's body have been read, the last with err.
func (a *ahead) bodyRead(left int64, err error) {
	switch {
	case left == 0:
		a.begin()
	case err != nil && !isTimeout(err):
		a.tell()
	}
}

// begin begins to read, unless that has begun, or the connection is somebody else's now.
func (a *ahead) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone == nil || a.done != nil || a.conn.state.Load() == hijacked {
		return
	}
	if err := a.conn.read.hold(a.conn.Conn.SetReadDeadline); err != nil {
		return // nothing could end the reading
	}
	a.done = make(chan struct{})
	go a.run()
}

func (a *ahead) run() {
	defer close(a.done)
	var err error
	for a.n == 0 && err == nil {
		a.n, err = a.conn.Conn.Read(a.byte[:])
	}
	if a.n == 0 && !isTimeout(err) {
		a.tell()
	}
}

// tell calls gone, unless we ourselves have closed the connection.
func (a *ahead) tell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone != nil && a.conn.state.Load() != closed {
		a.gone(protocol.ErrGone)
	}
	a.gone = nil
}

// stop ends the reading and waits for that. The byte that came is buffered as if it had been read
// by who reads next.
func (a *ahead) stop() {
	a.mu.Lock()
	a.gone = nil
	begun := a.done != nil
	a.mu.Unlock()
	if begun {
		a.once.Do(a.end)
	}
}

func (a *ahead) end() {
	again := time.NewTicker(wakeAgain)
	defer again.Stop()
	for waiting := true; waiting; {
		a.conn.Conn.SetReadDeadline(time.Unix(1, 0))
		select {
		case <-a.done:
			waiting = false
		case <-again.C:
		}
	}
	a.conn.read.release(a.conn.Conn.SetReadDeadline)
	a.conn.putBack(a.byte[:a.n])
}

// putBack appends p, which was read elsewhere, to what is buffered.
func (b *Conn) putBack(p []byte) {
	if len(p) > 0 {
		b.makeRoom(b.w - b.r + len(p))
		b.w += copy(b.in[b.w:], p)
	}
}
