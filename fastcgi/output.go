package fastcgi

import (
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/netio"
)

// An output is the sending half of a connection. Its methods may be called from any goroutine; a
// record is never torn by another.
type output struct {
	c       *conn
	pending atomic.Bool // a management record, or the refusal of a request, is in the buffer

	mu   sync.Mutex
	nc   netio.Conn // whose output buffer this fills
	open *stream    // whose record it ends with, of which the length is still open; nil: none
	typ  recordType // of that record
	at   int        // where in the buffer it begins
	sent int        // how often the buffer was sent
	err  error      // why nothing more can be sent
}

// copied is the size up to which a piece that does not fit is copied into the next buffer rather
// than sent from where it is.
const copied = 2 << 10

// control sends whole records soon: when the reader has nothing left to read, or with the next
// response.
func (o *output) control(records []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seal()
	if err := o.room(len(records)); err != nil {
		return err
	}
	o.nc.SetOut(append(o.nc.Out(), records...))
	o.pending.Store(true)
	return o.err
}

// flush sends what is buffered.
func (o *output) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seal()
	return o.send(nil)
}

// release gives an empty buffer back, if nobody is sending.
func (o *output) release() {
	if !o.mu.TryLock() {
		return
	}
	defer o.mu.Unlock()
	if o.open == nil {
		o.nc.ReleaseOut()
	}
}

// record makes the buffer end with an open record of that type, to append content to. The lock is
// held, here and below.
func (o *output) record(s *stream, typ recordType) {
	if o.open == s && o.typ == typ {
		return
	}
	o.seal()
	b := o.nc.Out()
	o.open, o.typ, o.at = s, typ, len(b)
	o.nc.SetOut(appendHeader(b, header{typ: typ, id: s.id}))
}

// seal ends the open record. One without content is taken back: it would be the end of the stream.
func (o *output) seal() {
	if o.open == nil {
		return
	}
	o.open = nil
	b := o.nc.Out()
	content := len(b) - o.at - headerLen
	if content == 0 {
		o.nc.SetOut(b[:o.at])
		return
	}
	pad := padding(content)
	patchContent(b[o.at:], content, pad)
	o.nc.SetOut(append(b, zeros[:pad]...))
}

// whole appends a whole short record.
func (o *output) whole(typ recordType, id uint16, content []byte) {
	o.seal()
	o.nc.SetOut(appendRecord(o.nc.Out(), typ, id, content))
}

// write frames p as content of one of s's streams: small pieces in the buffer, large ones sent from
// where they are.
func (o *output) write(s *stream, typ recordType, p []byte) (n int, err error) {
	for n < len(p) {
		o.record(s, typ)
		b, rest := o.nc.Out(), p[n:]
		if len(b)+len(rest)+len(zeros) <= cap(b) {
			o.nc.SetOut(append(b, rest...))
			return len(p), o.err
		}
		if len(rest) <= copied {
			o.seal()
			if err := o.send(nil); err != nil {
				return n, err
			}
			continue
		}
		m, err := o.large(s, typ, rest)
		if n += m; err != nil {
			return n, err
		}
	}
	return n, o.err
}

// room sends the buffer unless n bytes more fit in it.
func (o *output) room(n int) error {
	if b := o.nc.Out(); len(b)+n <= cap(b) {
		return nil
	}
	return o.send(nil)
}

// large sends the buffer and as much of p as one record can take, which holds nothing else: what
// began in the buffer, a response's head above all, ends in it. HAProxy waits for the whole of a
// record that is smaller than its buffer (tune.bufsize, 16 KB by default). It takes a larger one
// piece by piece, and 2.6.12 dies where the first piece ends within the head (haproxy#2150).
func (o *output) large(s *stream, typ recordType, p []byte) (int, error) {
	if err := o.fresh(s, typ); err != nil {
		return 0, err
	}
	n := min(len(p), fullContent)
	pad := padding(n)
	patchContent(o.nc.Out()[o.at:], n, pad)
	o.open = nil
	if err := o.send(p[:n]); err != nil {
		return 0, err
	}
	o.nc.SetOut(append(o.nc.Out(), zeros[:pad]...))
	return n, nil
}

// fresh makes the buffer end with an open record of that type that has no content yet.
func (o *output) fresh(s *stream, typ recordType) error {
	o.seal()
	if err := o.room(headerLen); err != nil {
		return err
	}
	o.record(s, typ)
	return nil
}

// send sends the buffer and p. An error ends the connection: a record may be torn.
func (o *output) send(p []byte) error {
	o.pending.Store(false)
	o.sent++
	if o.err == nil {
		if o.err = o.nc.Send(p); o.err != nil {
			o.c.sendFailed(o.err)
		}
	}
	if o.err != nil {
		o.nc.DropOut()
	}
	return o.err
}

// raw appends text that is no record.
func (o *output) raw(text []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rawLocked(text)
}

// rawLocked is raw with the lock held.
func (o *output) rawLocked(text []byte) error {
	o.seal()
	o.nc.SetOut(append(o.nc.Out(), text...))
	return o.err
}

// sendFailed ends the connection after an error of its sending half, on TCP by a reset: where the
// peer took nothing for too long, it has a part of an answer, and nothing else can tell it so.
func (c *conn) sendFailed(err error) {
	netio.ResetOnClose(c.nc)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail(err)
	c.poke()
}
