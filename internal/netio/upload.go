package netio

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

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

	*sending                    // the present one
	firstSending sending        // room for the first
	senders      sync.WaitGroup // the goroutines of all
	reached      atomic.Bool    // a byte was written, on whatever connection
	again        []io.Closer    // bodies that Part.Again has returned
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

// send sends the request on conn. A write that fails but for a timeout is not an error: a backend
// that has closed early may have sent its response before.
func (u *upload) send(ctx context.Context, conn *PoolConn) error {
	s := &u.firstSending
	if u.sending != nil {
		s = new(sending) // the first may still be used
	}
	s.conn, u.sending = conn, s
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

// record has what is read of the rest kept, as far as it is small, for a retry.
func (u *upload) record() {
	for i := range u.rest {
		if p := &u.rest[i]; p.Body != nil && p.Again == nil {
			p.Body, p.Again, _ = Record(u.protocol, p.Body) // nobody takes it in
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
