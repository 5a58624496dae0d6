package fastcgi

import (
	"io"
	"os"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A bodyStream is a request's STDIN or DATA on its way to the handler. It is the io.Reader of it.
type bodyStream struct {
	s *stream

	// Guarded by the connection's lock.
	buf     []byte
	at      int             // buf[at:] is still to be read
	spool   *protocol.Spool // what comes after it
	spooled int64           // bytes that were written to it
	ended   bool            // nothing more comes
	late    bool            // nobody waits for its handler before the temporary file has been read
	drop    bool            // nobody will read: what comes is dropped
	err     error           // why it ended, if not by its end
	waiting bool            // the handler waits in Read
	into    []byte          // where it wants what comes; nil: in its window
	put     int             // how much of that has come
	since   time.Time       // when it began to
	reads   int             // calls of Read
}

// typ is the type of its records.
func (f *bodyStream) typ() recordType {
	if f == &f.s.data {
		return typeData
	}
	return typeStdin
}

// op is what reading it is called.
func (f *bodyStream) op() string {
	if f == &f.s.data {
		return "read data"
	}
	return "read body"
}

// end ends the stream, with nil for its proper end.
func (f *bodyStream) end(err error) {
	if f.ended {
		return
	}
	f.ended, f.err = true, err
	f.s.cond.Broadcast()
	f.s.c.grace.hasRead(f)
}

// release drops what is held.
func (f *bodyStream) release() {
	f.drop = true
	f.free()
	f.unspool()
	f.s.c.grace.hasRead(f)
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

// read takes what is held, or reads from the connection unless the leader does. The lock is held.
func (f *bodyStream) read(p []byte) (int, error) {
	c := f.s.c
	f.reads++
	if n, err := f.readHeld(p); n > 0 || err != nil || len(p) == 0 {
		return n, err
	}
	f.startsWaiting()
	defer f.stopsWaiting()
	for {
		if t := f.s.readBy; !t.IsZero() && !t.After(time.Now()) {
			return 0, os.ErrDeadlineExceeded
		}
		if c.leading || c.reader != nobody {
			if n := f.wait(p); n > 0 {
				return n, f.endOf()
			}
		} else if n := f.pump(p); n > 0 {
			return n, f.endOf()
		}
		if n, err := f.readHeld(p); n > 0 || err != nil {
			return n, err
		}
	}
}

// wait waits until something has changed, or the leader has put something into p, of which it
// returns how much. The lock is given up meanwhile.
func (f *bodyStream) wait(p []byte) (n int) {
	f.into, f.put = p, 0
	f.s.cond.Wait()
	f.into = nil
	return f.put
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
	f.s.c.grace.hasRead(f)
	return n, f.endOf()
}

// drained empties the buffer. Where requests share the connection another may need its memory.
func (f *bodyStream) drained() {
	f.buf, f.at = f.buf[:0], 0
	if f.s.c.multi {
		f.free()
	}
}

// free gives the buffer back.
func (f *bodyStream) free() {
	f.s.c.hold(-cap(f.buf))
	putMem(f.buf)
	f.buf, f.at = nil, 0
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

// startsWaiting notes that the handler waits in Read for what is not held.
func (f *bodyStream) startsWaiting() {
	c := f.s.c
	f.waiting, f.since = true, time.Now()
	c.waiters++
	c.hasten(f)
	c.grace.hasRead(f)
}

func (f *bodyStream) stopsWaiting() {
	f.waiting = false
	f.s.c.waiters--
}

// pump reads from the connection, for a handler that no leader reads for: something for f, straight
// into p where that is possible, or for another. The lock is held, and given up meanwhile.
func (f *bodyStream) pump(p []byte) (n int) {
	c := f.s.c
	c.reader = handler
	c.mu.Unlock()
	var err error
	if c.rec.body == f && c.rec.sink == toBody && c.rec.left > 0 {
		n, err = c.direct(p)
		if n > 0 && c.rec.left == 0 {
			c.peekEnd(f)
		}
	} else {
		err = c.step()
	}
	c.mu.Lock()
	c.stopsReading(err)
	c.next.Signal()
	if !c.leading {
		c.ticker.start(c, f.s)
	}
	return n
}

// direct reads part of the current record's content into p.
func (c *conn) direct(p []byte) (n int, err error) {
	p = p[:min(len(p), c.rec.left)]
	if len(c.in.Buffered()) == 0 && len(p) >= netio.BufferSize/2 {
		if err := c.await(); err != nil {
			return 0, err
		}
		read := c.nc.Read
		if len(p) == c.rec.left {
			read = c.in.ReadTo // with what is next: another record, or the end of the body
		}
		if n, err = read(p); n == 0 && err != nil {
			return 0, c.readFailed(err)
		}
		c.rec.left -= n
		return n, nil
	}
	if err := c.fill(1); err != nil {
		return 0, err
	}
	n = copy(p, c.in.Buffered())
	c.in.Discard(n)
	c.rec.left -= n
	return n, nil
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
