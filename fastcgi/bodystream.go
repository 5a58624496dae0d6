package fastcgi

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// window is how much of a stream waits in memory for a handler that does not read it.
const window = 128 << 10

// A bodyStream is a request's STDIN or DATA on its way to the handler. It is the io.Reader of it.
type bodyStream struct {
	s *stream

	// Guarded by the connection's lock.
	buf     []byte
	at      int             // buf[at:] is still to be read
	spool   *protocol.Spool // what comes after it
	spooled int64           // bytes that were written to it
	ended   bool            // nothing more comes
	drop    bool            // nobody will read: what comes is dropped
	err     error           // why it ended, if not by its end
	waiting bool            // the handler waits in Read
	since   time.Time       // when it began to; zero if something has come since
	reads   int             // calls of Read
}

// op is what reading it is called.
func (f *bodyStream) op() string {
	if f == &f.s.data {
		return "read data"
	}
	return "read body"
}

// end ends the flow, with nil for its proper end.
func (f *bodyStream) end(err error) {
	if f.ended {
		return
	}
	f.ended, f.err = true, err
	f.s.cond.Broadcast()
	if f.s.c.yielding == f.s {
		f.s.c.unyield()
	}
}

// release drops what is held.
func (f *bodyStream) release() {
	f.s.c.hold(-cap(f.buf))
	f.drop, f.buf, f.at = true, nil, 0
	f.unspool()
}

// unspool gives the temporary file back.
func (f *bodyStream) unspool() {
	if f.spool != nil {
		f.spool.Close()
		f.s.c.holds.files--
		f.s.c.holds.spool -= f.spooled
		f.spool, f.spooled = nil, 0
	}
}

// held is the number of bytes that wait.
func (f *bodyStream) held() int64 {
	n := int64(len(f.buf) - f.at)
	if f.spool != nil {
		n += f.spool.Len()
	}
	return n
}

// Read implements io.Reader. The end comes together with the last bytes where it is known.
func (f *bodyStream) Read(p []byte) (n int, err error) {
	c := f.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if f == &f.s.data {
		if err := f.s.stdinFirst(); err != nil {
			return 0, err
		}
	}
	n, err = f.read(p)
	if f == &f.s.data {
		return f.s.checkLength(n, err)
	}
	return n, err
}

// read takes what is held, or reads from the connection unless somebody else does. The lock is
// held.
func (f *bodyStream) read(p []byte) (int, error) {
	c := f.s.c
	f.reads++
	for {
		if n, err := f.readHeld(p); n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if t := f.s.readBy; !t.IsZero() && !t.After(time.Now()) {
			return 0, os.ErrDeadlineExceeded
		}
		f.wait()
		if c.reading {
			f.s.cond.Wait()
		} else if n := f.pump(p); n > 0 {
			f.arrived()
			return n, f.endOf()
		}
		f.arrived()
	}
}

// readHeld gives what is held.
func (f *bodyStream) readHeld(p []byte) (n int, err error) {
	switch {
	case f.err != nil:
		return 0, f.err
	case f.at < len(f.buf):
		n = copy(p, f.buf[f.at:])
		if f.at += n; f.at == len(f.buf) {
			f.drained()
		}
	case f.spool != nil:
		if n, err = f.spool.Read(p); err != nil {
			f.end(fail(protocol.ErrUpstream, f.op(), "spool", err))
			return n, err
		}
		if f.spool.Len() == 0 {
			f.unspool()
		}
	}
	return n, f.endOf()
}

// drained empties the buffer. Where requests share the connection another may need its memory.
func (f *bodyStream) drained() {
	f.buf, f.at = f.buf[:0], 0
	if f.s.c.multi {
		f.s.c.hold(-cap(f.buf))
		f.buf = nil
	}
}

// endOf is io.EOF once all has been read.
func (f *bodyStream) endOf() error {
	if f.err != nil {
		return f.err
	}
	if f.ended && f.held() == 0 {
		return io.EOF
	}
	return nil
}

func (f *bodyStream) wait() {
	if !f.waiting {
		f.waiting = true
		f.s.c.waiters++
		f.s.c.hasten()
	}
}

func (f *bodyStream) arrived() {
	if f.waiting {
		f.waiting, f.since = false, time.Time{}
		f.s.c.waiters--
	}
}

// pump reads from the connection until something for f has come: straight into p where that is
// possible. The lock is held, and given up meanwhile.
func (f *bodyStream) pump(p []byte) (n int) {
	c := f.s.c
	c.reading = true
	c.mu.Unlock()
	var err error
	if c.rec.flow == f && c.rec.sink == toBody && c.rec.left > 0 {
		n, err = c.direct(p)
		if n > 0 && c.rec.left == 0 {
			typ := typeStdin
			if f == &f.s.data {
				typ = typeData
			}
			c.peekEnd(f, f.s.id, typ)
		}
	} else {
		err = c.step(false)
	}
	c.mu.Lock()
	c.reading = false
	if err != nil && err != errPoked {
		c.fail(err)
	}
	c.handBack(f)
	return n
}

// direct reads part of the current record's content into p.
func (c *conn) direct(p []byte) (n int, err error) {
	p = p[:min(len(p), c.rec.left)]
	if len(c.in.buffered()) == 0 && len(p) >= inputSize/2 {
		if err := c.await(); err != nil {
			return 0, err
		}
		if n, err = c.nc.Read(p); n == 0 && err != nil {
			return 0, c.readFailed(err)
		}
		c.rec.left -= n
		return n, nil
	}
	if err := c.fill(1); err != nil {
		return 0, err
	}
	n = copy(p, c.in.buffered())
	c.in.discard(n)
	c.rec.left -= n
	return n, nil
}

// handBack releases the right to read after a handler's Read. If the leader waits for that right
// and the request is the only one, the handler keeps it.
func (c *conn) handBack(f *bodyStream) {
	switch {
	case !c.leading:
		c.ticker.start(c)
	case c.open == 1 && !f.ended && c.err == nil && len(c.ready) == 0 && !c.closed:
		c.yield(f.s)
	default:
		c.next.Signal()
	}
}

// store puts what has come for a body where its handler will find it.
func (c *conn) store(b []byte, leader bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.rec.flow
	if f.drop || f.ended {
		c.rec.sink = toNobody
		return nil
	}
	held := len(f.buf) - f.at
	room := min(window-held, cap(f.buf)-held+c.spare())
	switch {
	case f.spool == nil && room > 0:
		b = b[:min(len(b), room)]
		f.keep(b)
	case leader && c.open == 1 && (!c.grace.lost(f, len(b)) || c.diskTaken(f, len(b))):
		c.yield(f.s)
		return errYield
	default:
		c.work.Bytes(len(b))
		if err := f.spill(b); err != nil {
			f.end(err)
			f.release()
			return nil
		}
	}
	c.in.discard(len(b))
	c.rec.left -= len(b)
	f.s.cond.Broadcast()
	if leader && c.open == 1 && f.waiting {
		c.yield(f.s)
		return errYield
	}
	return nil
}

// keep appends b to what is held in memory.
func (f *bodyStream) keep(b []byte) {
	if f.at > 0 && len(f.buf)+len(b) > cap(f.buf) {
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	if need := len(f.buf) + len(b); need > cap(f.buf) {
		size := max(need, min(2*need, window, cap(f.buf)+f.s.c.spare()))
		f.s.c.hold(size - cap(f.buf))
		f.buf = append(make([]byte, 0, size), f.buf...)
	}
	f.buf = append(f.buf, b...)
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

// stdinFirst returns an error unless STDIN has been read to its end: DATA comes after it (section
// 6.4).
func (s *stream) stdinFirst() error {
	f := &s.stdin
	for !f.ended && f.held() == 0 {
		var none [1]byte
		if n, err := f.read(none[:]); n > 0 {
			f.unread(none[0])
		} else if err != nil && err != io.EOF {
			return err
		}
	}
	if f.err != nil {
		return f.err
	}
	if f.held() > 0 {
		return fail(protocol.ErrUnsupported, "read data", "the body has not been read to its end", nil)
	}
	return nil
}

// unread puts b back before what is held.
func (f *bodyStream) unread(b byte) {
	all := append([]byte{b}, f.buf[f.at:]...)
	f.s.c.hold(cap(all) - cap(f.buf))
	f.buf, f.at = all, 0
}

// checkLength holds DATA to FCGI_DATA_LENGTH.
func (s *stream) checkLength(n int, err error) (int, error) {
	s.dataRead += int64(n)
	switch declared := s.req.DataLength; {
	case declared < 0:
	case s.dataRead > declared:
		return 0, tooMuchData(s.dataRead, declared)
	case err == io.EOF && s.dataRead < declared:
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

func tooMuchData(got, want int64) error {
	return malformed("read data", protocol.Exceeds(got, want, "bytes of FCGI_DATA_LENGTH"))
}
