package gateway

import (
	"io"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// flushDelay is how long what has come of a response waits for what comes next, to leave with it in
// one write: its head for the body's first bytes, a piece for the end.
const flushDelay = time.Millisecond

// copyBody passes the body on, no piece later than flushDelay after it came.
func (x *passage) copyBody(body io.Reader) error {
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	f := &flusher{x: x}
	defer f.end()
	f.want() // the head may be all that comes for long
	for {
		n, err := body.Read(buf[:])
		if n > 0 {
			if err := f.write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return x.failed("read response", err)
		}
	}
}

// A flusher sends what has been written, a little later: so the last piece leaves with the
// response's end.
type flusher struct {
	x     *passage
	mu    sync.Mutex
	timer *time.Timer
	due   bool // something waits, and the timer runs
	begun bool // a piece of the body has been written
	ended bool
}

func (f *flusher) write(p []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun = true
	_, err := f.x.w.Write(p)
	f.wantLocked()
	return err
}

func (f *flusher) want() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wantLocked()
}

func (f *flusher) wantLocked() {
	switch {
	case f.due:
		return
	case f.timer == nil:
		f.timer = time.AfterFunc(flushDelay, f.flush)
	default:
		f.timer.Reset(flushDelay)
	}
	f.due = true
}

// flush sends what waits. A head alone is not flushed while the request's body is unread, because
// that would spool the whole body.
func (f *flusher) flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.due = false
	if !f.ended && (f.begun || f.x.body.done.Load()) {
		f.x.control.Flush() // what fails fails again in the next write, or in the response's end
	}
}

// end makes sure that nothing is flushed any more.
func (f *flusher) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.timer.Stop()
}
