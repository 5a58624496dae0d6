package fastcgi

import (
	"errors"

	"github.com/postern-gateway/postern/protocol"
)

// window is how much of a stream waits in memory for a handler that does not read it, and
// sharedWindow how much where the peer multiplexes.
const (
	window       = 128 << 10
	sharedWindow = 16 << 10
)

// store puts what has come for a body where its handler will find it: into its window, or what does
// not fit there into a temporary file.
func (c *conn) store(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.rec.body
	c.awaitRoom(f, len(b))
	room := f.room()
	switch {
	case f.drop || f.ended:
		c.rec.sink = toNobody
		return nil
	case f.into != nil && f.held() == 0:
		f.put = copy(f.into, b)
		b, f.into = b[:f.put], nil
	case room > 0:
		b = b[:min(len(b), room)]
		f.keep(b)
	default:
		c.work.Bytes(len(b))
		c.grace.spill -= len(b)
		if err := f.spill(b); err != nil {
			f.end(err)
			f.release()
			return nil
		}
	}
	c.in.Discard(len(b))
	c.rec.left -= len(b)
	f.s.cond.Broadcast()
	return nil
}

// room is how many bytes more fit into f's window. What follows a temporary file does not.
func (f *bodyStream) room() int {
	c := f.s.c
	held := len(f.buf) - f.at
	switch {
	case f.spool != nil:
		return 0
	case !c.multi:
		return min(window-held, cap(f.buf)-held+c.spare())
	case f.buf != nil: // it is emptied before it is filled again
		return cap(f.buf) - len(f.buf)
	}
	return sharedSize(c.spare())
}

// sharedSize is the size of a window where the peer multiplexes and spare bytes are left.
func sharedSize(spare int) int {
	for _, size := range [...]int{sharedWindow, sharedRoom} {
		if size <= spare {
			return size
		}
	}
	return 0
}

// halfEmpty reports whether at least half of the window is free.
func (f *bodyStream) halfEmpty() bool { return f.spool == nil && f.room() >= len(f.buf)-f.at }

// starves reports whether the handler waits for what is not there.
func (f *bodyStream) starves() bool { return f.waiting && f.held() == 0 }

// keep appends b to what is held in memory.
func (f *bodyStream) keep(b []byte) {
	if f.at > 0 && len(f.buf)+len(b) > cap(f.buf) {
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	if need := len(f.buf) + len(b); need > cap(f.buf) {
		buf := f.roomFor(need, cap(f.buf)+f.s.c.spare())
		f.s.c.hold(cap(buf) - cap(f.buf))
		buf = append(buf, f.buf...)
		putMem(f.buf)
		f.buf = buf
	}
	f.buf = append(f.buf, b...)
}

// roomFor returns an empty buffer for need bytes, and more where most allows it.
func (f *bodyStream) roomFor(need, most int) []byte {
	if f.s.c.multi {
		return getMem(sharedSize(most))
	}
	return make([]byte, 0, max(need, min(2*need, window, most)))
}

// spill appends b to the temporary file.
func (f *bodyStream) spill(b []byte) error {
	c := f.s.c
	if err := c.spoolFits(f, int64(len(b))); err != nil {
		return err
	}
	if f.spool == nil {
		f.spool = &protocol.Spool{File: c.lim.Spool, Total: &c.lim}
		c.holds.files++
	}
	f.spooled += int64(len(b))
	c.holds.spool += int64(len(b))
	_, err := f.spool.Write(b)
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		return &protocol.Error{Protocol: Name, Op: f.op(), Kind: e.Kind, Detail: e.Detail, Err: e.Err, Status: e.Status}
	}
	return err
}

// unspool gives the temporary file back.
func (f *bodyStream) unspool() {
	if f.spool != nil {
		f.spool.Close()
		f.s.c.holds.files--
		f.s.c.holds.spool -= f.spooled
		f.spool, f.spooled, f.late = nil, 0, false
	}
}
