package fastcgi

import (
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/protocol"
)

// muxWindow is how much of an answer waits in memory for its reader, in bytes, where others share
// the connection or not.
const muxWindow = 64 << 10

// muxGrace is how long the others on a connection wait for the reader of an answer whose window is
// full. Then what comes goes to a temporary file.
const muxGrace = 5 * time.Millisecond

// A muxBuffer is what has come of an answer and was not read: bytes in memory, then those in a
// temporary file.
type muxBuffer struct {
	mem    []byte
	at     int // mem[at:] is still to be read
	spool  *protocol.Spool
	crowds bool // its connection counts it as crowding
}

func (b *muxBuffer) held() int { return len(b.mem) - b.at }

// store puts b where the reader of s finds it, unless nobody will read it. The lock is held, and
// given up while it waits for room, here and below.
func (c *sharedConn) store(s *muxStream, b []byte) {
	for len(b) > 0 && !s.deaf() {
		c.awaitRoom(s)
		n := min(len(b), s.room())
		switch {
		case s.deaf():
			return
		case n > 0:
			s.keep(b[:n])
		default:
			n = len(b)
			if err := s.spill(b); err != nil {
				s.in.drop(c)
				s.fail(err)
				c.giveUp(s)
				return
			}
		}
		b = b[n:]
	}
	if !s.woken {
		s.woken = true
		c.woken = append(c.woken, s)
	}
}

// awaitRoom waits while the window of s is full: without a limit while s is alone on its
// connection, as the backend of a connection for one request waits, or else for muxGrace, and not
// again until its temporary file has been read.
func (c *sharedConn) awaitRoom(s *muxStream) {
	if s.room() > 0 {
		return
	}
	c.setCrowds(s, true)
	if s.in.spool != nil && c.live > 1 {
		return
	}
	c.wake()
	over := false
	timer := time.AfterFunc(muxGrace, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		over = true
		c.next.Signal()
	})
	defer timer.Stop()
	c.pausing = s
	for s.room() == 0 && !s.deaf() && (c.live == 1 || !over && s.in.spool == nil) {
		c.next.Wait()
	}
	c.pausing = nil
}

// setCrowds notes whether the answer of s is beyond its window.
func (c *sharedConn) setCrowds(s *muxStream, crowds bool) {
	if s.in.crowds == crowds {
		return
	}
	if s.in.crowds = crowds; crowds {
		c.crowds++
	} else {
		c.crowds--
	}
	c.crowded.Store(c.crowds > 0)
}

// room is how many bytes more the window takes. What follows a temporary file does not go there.
// Where all connections together hold too much, it does not grow.
func (s *muxStream) room() int {
	b := &s.in
	if b.spool != nil {
		return 0
	}
	size := muxWindow
	if lim := &s.c.lim; cap(b.mem) > 0 && lim.Budget.HoldMemory(0) > lim.TotalMemory {
		size = cap(b.mem)
	}
	return size - b.held()
}

// keep appends p to what is held in memory.
func (s *muxStream) keep(p []byte) {
	b := &s.in
	if need := b.held() + len(p); need > cap(b.mem) {
		mem := getMem(need)
		s.c.lim.Budget.HoldMemory(int64(cap(mem) - cap(b.mem)))
		mem = append(mem, b.mem[b.at:]...)
		putMem(b.mem)
		b.mem, b.at = mem, 0
	} else if len(b.mem)+len(p) > cap(b.mem) {
		b.mem, b.at = b.mem[:copy(b.mem, b.mem[b.at:])], 0
	}
	b.mem = append(b.mem, p...)
}

// getMem returns a buffer for n bytes, muxWindow at most.
func getMem(n int) []byte {
	switch {
	case n <= 4<<10:
		return bufpool.KiB4.Get()[:0]
	case n <= 16<<10:
		return bufpool.KiB16.Get()[:0]
	}
	return bufpool.KiB64.Get()[:0]
}

func putMem(mem []byte) {
	switch mem = mem[:cap(mem)]; cap(mem) {
	case 4 << 10:
		bufpool.KiB4.Put((*[4 << 10]byte)(mem))
	case 16 << 10:
		bufpool.KiB16.Put((*[16 << 10]byte)(mem))
	case 64 << 10:
		bufpool.KiB64.Put((*[64 << 10]byte)(mem))
	}
}

// spill appends p to the temporary file.
func (s *muxStream) spill(p []byte) error {
	if s.in.spool == nil {
		s.in.spool = &protocol.Spool{File: s.c.lim.Spool, Total: &s.c.lim}
	}
	_, err := s.in.spool.Write(p)
	return err
}

// take reads what is held into p.
func (s *muxStream) take(p []byte) (n int, err error) {
	b := &s.in
	switch {
	case b.held() > 0:
		n = copy(p, b.mem[b.at:])
		if b.at += n; b.held() == 0 {
			b.free(s.c)
		}
	case b.spool != nil:
		if n, err = b.spool.Read(p); b.spool.Len() == 0 {
			b.spool.Close()
			b.spool = nil
		}
	}
	if b.spool == nil && b.held() <= muxWindow/2 {
		s.c.setCrowds(s, false)
		if s.c.pausing == s {
			s.c.next.Signal()
		}
	}
	return n, err
}

// free gives the memory back.
func (b *muxBuffer) free(c *sharedConn) {
	if b.mem != nil {
		c.lim.Budget.HoldMemory(-int64(cap(b.mem)))
		putMem(b.mem)
		b.mem, b.at = nil, 0
	}
}

// drop gives back all that is held.
func (b *muxBuffer) drop(c *sharedConn) {
	b.free(c)
	if b.spool != nil {
		b.spool.Close()
		b.spool = nil
	}
}
