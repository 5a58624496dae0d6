package netio

import (
	"errors"
	"io"
	"strconv"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// smallBody is the size up to which a body that is in memory is sent with the head, in one write
// and without a goroutine.
const smallBody = 16 << 10

// inMemory reports whether n bytes of body can be read without waiting for anybody: the one who
// writes it may be waiting for the response.
func inMemory(body io.Reader, n int64) bool {
	switch b := body.(type) {
	case interface{ Len() int }: // a Buffer or a Reader of bytes or strings
		return int64(b.Len()) >= n
	case *protocol.Spool:
		return true
	}
	return false
}

// Measured is [protocol.BufferUnknownLength] for a client, whose done is nil where nothing was
// taken in. Then the end of an exchange waits for nobody: a Read of the client's body may take
// until the client sends more, and who owns that body can end it.
func Measured(r *protocol.Request, lim *protocol.Limits) (out *protocol.Request, done func(), err error) {
	out, done, err = protocol.BufferUnknownLength(r, lim)
	if r.ContentLength >= 0 || r.Body == nil {
		done = nil
	}
	return out, done, err
}

// prepare makes what is sent at once.
func (x *Exchange) prepare() error {
	n, body := x.request.ContentLength, x.request.Body
	x.first = x.head
	switch {
	case n > 0 && body == nil:
		return x.bodyFailed(errors.New("ContentLength is " + strconv.FormatInt(n, 10) + " and Body is nil"))
	case n == 0 || body == nil:
	case n > 0 && n <= smallBody && inMemory(body, n):
		x.first = append(x.head, make([]byte, n)...)
		if _, err := io.ReadFull(body, x.first[len(x.head):]); err != nil {
			return x.bodyFailed(err)
		}
	default:
		x.later = true
	}
	return nil
}

// send sends the request. A body that is not small and in memory follows in a goroutine of its own,
// while the response is being read; that goroutine ends with the connection.
func (x *Exchange) send() error {
	if err := x.write(x.first); err != nil {
		return err
	}
	switch n, body := x.request.ContentLength, x.request.Body; {
	case x.unread:
	case !x.later:
		x.sent.Store(true)
	case n < 0:
		x.sender.Go(func() { x.sendChunks(body) })
	default:
		x.sender.Go(func() { x.sendBody(body, n) })
	}
	return nil
}

// write writes b. A peer that has answered and gone before it read all of it may still have its
// answer read.
func (x *Exchange) write(b []byte) error {
	err := x.put(b)
	if err != nil && x.ctx.Err() == nil && !isTimeout(err) {
		x.unread = true
		return nil
	}
	return err
}

func (x *Exchange) put(b []byte) error {
	x.sending.Lock()
	defer x.sending.Unlock()
	x.conn.SetWriteDeadline(after(x.lim.WriteTimeout))
	_, err := x.conn.Write(b)
	if errors.Is(err, syscall.ECONNRESET) {
		x.reset = err
	}
	return err
}

// end ends the exchange at the connection's end, and returns the reset that it was, if it was one.
func (x *Exchange) end() error {
	x.conn.Close()
	x.sending.Lock()
	defer x.sending.Unlock()
	return x.reset
}

// sendBody sends n bytes of body. One that is too short ends the exchange: the backend must not
// take it for whole.
func (x *Exchange) sendBody(body io.Reader, n int64) {
	buf := pieces.Get().(*piece)
	defer pieces.Put(buf)
	body = x.patience.Body(body)
	for n > 0 {
		m, err := body.Read(buf[:min(n, int64(len(buf)))])
		n -= int64(m)
		if x.put(buf[:m]) != nil {
			return
		}
		if err != nil && n > 0 {
			x.bodyFailed(err)
			x.conn.Close()
			return
		}
	}
	x.sent.Store(true)
}

// sendChunks sends a body of unknown length, chunk by chunk (RFC 9112 section 7.1).
func (x *Exchange) sendChunks(body io.Reader) {
	const room = len("10000\r\n")
	buf := pieces.Get().(*piece)
	defer pieces.Put(buf)
	body = x.patience.Body(body)
	for {
		m, err := body.Read(buf[room : len(buf)-2])
		if m > 0 {
			size := strconv.FormatInt(int64(m), 16) + "\r\n"
			chunk := buf[room-len(size) : room+m]
			copy(chunk, size)
			if x.put(append(chunk, "\r\n"...)) != nil {
				return
			}
		}
		switch {
		case err == io.EOF:
			if x.put([]byte("0\r\n\r\n")) == nil {
				x.sent.Store(true)
			}
			return
		case err != nil:
			x.bodyFailed(err)
			x.conn.Close()
			return
		}
	}
}

// bodyFailed notes why the request's body could not be read: that is what the exchange fails of.
func (x *Exchange) bodyFailed(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if _, ok := errors.AsType[*protocol.Error](err); !ok {
		err = &protocol.Error{Protocol: x.Protocol, Op: "read request body", Kind: protocol.ErrAborted, Err: err}
	}
	x.unsent.Store(&err)
	return err
}
