package netio

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/protocol"
)

// An upload is a request that is sent. The head and a small body in memory leave in one write. Any
// other body is sent by a goroutine while the response is being read. The end of the exchange
// closes the connection, which ends the goroutine at its next write. Nobody waits for a Read of the
// body, which may block until a client sends more. A body that cannot be read ends the exchange:
// the backend must not take what came of it for the whole.
type upload struct {
	protocol     string        // for errors
	writeTimeout time.Duration // for each write
	timeout      ResponseDeadline

	head  int    // the length of the head
	first []byte // the head, and what goes with it
	rest  []Part // what follows first

	*sending                // the present one
	senders  sync.WaitGroup // the goroutines of all
	reached  atomic.Bool    // a byte was written, on whatever connection
	again    []io.Closer    // bodies that Part.Again has returned
}

// A Part is a stream that follows a request's head.
type Part struct {
	Body   io.Reader // nil: empty
	Length int64     // in bytes; -1: to the end of Body
	// Again returns Body from its beginning (see protocol.Request.GetBody). nil: what is read of
	// Body is kept where the request may have to be sent again.
	Again func() (io.Reader, error)
	Framing
}

// smallBody is the size up to which a body that is in memory is sent with the head, in one write
// and without a goroutine.
const smallBody = 16 << 10

// inMemory reports whether n bytes of body can be read without blocking. Any other body may be
// written by somebody who waits for the response first.
func inMemory(body io.Reader, n int64) bool {
	switch b := body.(type) {
	case interface{ Len() int }: // a Buffer or a Reader of bytes or strings
		return int64(b.Len()) >= n
	case *protocol.Spool:
		return true
	}
	return false
}

// prepare makes ready what is sent.
func (u *upload) prepare(head []byte, parts []Part) error {
	u.head, u.first = len(head), head
	for i, p := range parts {
		if p.Body == nil && p.Length > 0 {
			return u.unreadable(errors.New("ContentLength is " + strconv.FormatInt(p.Length, 10) + " and Body is nil"))
		}
		n := 0
		if p.Body != nil && p.Length != 0 {
			if p.Length < 0 || p.Length > smallBody || !inMemory(p.Body, p.Length) {
				u.rest = parts[i:]
				return nil
			}
			n = int(p.Length)
		}
		begin := len(u.first)
		b := append(u.first, make([]byte, p.Before+n+p.After)...)
		if n > 0 {
			if _, err := io.ReadFull(p.Body, b[begin+p.Before:][:n]); err != nil {
				return u.unreadable(err)
			}
		}
		u.first = append(b[:begin], p.Frame(b[begin:], n, true)...)
	}
	return nil
}

// A sending is the sending of a request on one connection.
type sending struct {
	conn    *PoolConn
	begun   bool                  // a goroutine sends the rest
	bodyErr atomic.Pointer[error] // why the body could not be read
	whole   atomic.Bool           // the whole request was written

	mu sync.Mutex // held during a write
	// The reset that a write has met. The kernel reports a reset once: a read does not see it after
	// a write has.
	resetErr error
}

// send sends the request on conn. A write that fails but for a timeout is not an error: a backend
// that has closed early may have sent its response before.
func (u *upload) send(ctx context.Context, conn *PoolConn) error {
	s := &sending{conn: conn}
	u.sending = s
	if err := u.write(s, u.first, u.rest == nil); err != nil {
		if ctx.Err() != nil || IsTimeout(err) {
			return err
		}
		return nil
	}
	if u.rest != nil {
		s.begun = true
		if conn.used {
			u.record()
		}
		rest := u.rest
		u.senders.Go(func() { u.sendRest(s, rest) })
	}
	return nil
}

// write writes b in one write under the timeout. last says that the request ends with b.
func (u *upload) write(s *sending, b []byte, last bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn.SetWriteDeadline(After(u.writeTimeout))
	n, err := s.conn.Write(b)
	if n > 0 {
		u.reached.Store(true)
	}
	if errors.Is(err, syscall.ECONNRESET) {
		s.resetErr = err
	}
	s.whole.Store(last && err == nil)
	return err
}

// end closes the connection but keeps its place in the pool, and reports whether the whole request
// was written before.
func (s *sending) end() (whole bool) {
	s.conn.Conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole.Load()
}

// closeConn closes the connection after it ended, and returns the reset that a write has met, if
// any.
func (s *sending) closeConn() error {
	s.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resetErr
}

// record has what is read of the rest kept, as far as it is small, for a retry.
func (u *upload) record() {
	for i := range u.rest {
		if p := &u.rest[i]; p.Body != nil && p.Again == nil {
			r := &recording{body: p.Body, protocol: u.protocol}
			p.Body, p.Again = &replay{recording: r}, r.again
		}
	}
}

// rewind makes ready what is sent once more.
func (u *upload) rewind() error {
	if !u.begun {
		return nil
	}
	rest := slices.Clone(u.rest) // the goroutine still has its own
	for i := range rest {
		if p := &rest[i]; p.Body != nil {
			var err error
			if p.Body, err = p.Again(); err != nil {
				return u.unreadable(err)
			}
			if c, ok := p.Body.(io.Closer); ok {
				u.again = append(u.again, c)
			}
		}
	}
	u.rest = rest
	return nil
}

// sendRest sends what follows first.
func (u *upload) sendRest(s *sending, rest []Part) {
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	for i, p := range rest {
		if !u.sendPart(s, p, buf[:], i == len(rest)-1) {
			return
		}
	}
}

// sendPart sends p by way of buf.
func (u *upload) sendPart(s *sending, p Part, buf []byte, lastPart bool) bool {
	body, left := u.timeout.PauseFor(p.Body), p.Length
	for ended := p.Body == nil; ; {
		n, err := 0, error(nil)
		if ended = ended || left == 0; !ended {
			room := buf[p.Before : len(buf)-p.After]
			if left > 0 {
				room = room[:min(left, int64(len(room)))]
			}
			n, err = body.Read(room)
			if left > 0 {
				left -= int64(n)
			}
			ended = left == 0 || left < 0 && err == io.EOF
		}
		if b := p.Frame(buf, n, ended); len(b) > 0 && u.write(s, b, ended && lastPart) != nil {
			return false
		}
		if ended {
			return true
		}
		if err != nil {
			err = u.unreadable(err)
			s.bodyErr.Store(&err)
			s.conn.Close()
			return false
		}
	}
}

// unreadable makes an error of reading the body the exchange's.
func (u *upload) unreadable(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if _, ok := errors.AsType[*protocol.Error](err); !ok {
		err = &protocol.Error{Protocol: u.protocol, Op: "read request body", Kind: protocol.ErrAborted, Err: err}
	}
	return err
}
