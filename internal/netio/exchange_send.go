package netio

import (
	"errors"
	"io"
	"strconv"
	"syscall"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/protocol"
)

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

// Measured is [protocol.BufferUnknownLength] for a client. done is nil if r's body was not
// buffered: then the end of an exchange need not wait for a Read of that body, which may block
// until the client sends more.
func Measured(r *protocol.Request, lim *protocol.Limits) (out *protocol.Request, done func(), err error) {
	out, done, err = protocol.BufferUnknownLength(r, lim)
	if r.ContentLength >= 0 || r.Body == nil {
		done = nil
	}
	return out, done, err
}

// prepare sets firstWrite and bodyFollows.
func (x *Exchange) prepare() error {
	n, body := x.request.ContentLength, x.request.Body
	x.firstWrite = x.head
	switch {
	case n > 0 && body == nil:
		return x.bodyFailed(errors.New("ContentLength is " + strconv.FormatInt(n, 10) + " and Body is nil"))
	case n == 0 || body == nil:
	case n > 0 && n <= smallBody && inMemory(body, n):
		x.firstWrite = append(x.head, make([]byte, n)...)
		if _, err := io.ReadFull(body, x.firstWrite[len(x.head):]); err != nil {
			return x.bodyFailed(err)
		}
	default:
		x.bodyFollows = true
	}
	return nil
}

// send sends the request. A body that is not small and in memory follows in a goroutine of its own,
// while the response is being read; that goroutine ends with the connection.
func (x *Exchange) send() error {
	if err := x.write(x.firstWrite); err != nil {
		return err
	}
	switch n, body := x.request.ContentLength, x.request.Body; {
	case x.sendFailed:
	case !x.bodyFollows:
		x.allSent.Store(true)
	case n < 0:
		x.sender.Go(func() { x.sendChunks(body) })
	default:
		x.sender.Go(func() { x.sendBody(body, n) })
	}
	return nil
}

// write writes b. A write that fails but for a timeout is not an error: a backend that has closed
// early may have sent its response before.
func (x *Exchange) write(b []byte) error {
	err := x.writeOnce(b)
	if err != nil && x.ctx.Err() == nil && !IsTimeout(err) {
		x.sendFailed = true
		return nil
	}
	return err
}

// writeOnce writes b in one write under WriteTimeout.
func (x *Exchange) writeOnce(b []byte) error {
	x.writeMu.Lock()
	defer x.writeMu.Unlock()
	x.conn.SetWriteDeadline(After(x.lim.WriteTimeout))
	n, err := x.conn.Write(b)
	if n > 0 {
		x.reached.Store(true)
	}
	if errors.Is(err, syscall.ECONNRESET) {
		x.resetErr = err
	}
	return err
}

// closeConn closes the connection after it ended, and returns the reset that a write has met, if
// any.
func (x *Exchange) closeConn() error {
	x.conn.Close()
	x.writeMu.Lock()
	defer x.writeMu.Unlock()
	return x.resetErr
}

// sendBody sends n bytes of body. If body is shorter the connection is closed, so that the backend
// does not take it for whole.
func (x *Exchange) sendBody(body io.Reader, n int64) {
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	body = x.timeout.PauseFor(body)
	for n > 0 {
		m, err := body.Read(buf[:min(n, int64(len(buf)))])
		n -= int64(m)
		if x.writeOnce(buf[:m]) != nil {
			return
		}
		if err != nil && n > 0 {
			x.bodyFailed(err)
			x.conn.Close()
			return
		}
	}
	x.allSent.Store(true)
}

// sendChunks sends a body of unknown length, chunk by chunk (RFC 9112 section 7.1).
func (x *Exchange) sendChunks(body io.Reader) {
	const room = len("10000\r\n")
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	body = x.timeout.PauseFor(body)
	for {
		m, err := body.Read(buf[room : len(buf)-2])
		if m > 0 {
			size := strconv.FormatInt(int64(m), 16) + "\r\n"
			chunk := buf[room-len(size) : room+m]
			copy(chunk, size)
			if x.writeOnce(append(chunk, "\r\n"...)) != nil {
				return
			}
		}
		switch {
		case err == io.EOF:
			if x.writeOnce([]byte("0\r\n\r\n")) == nil {
				x.allSent.Store(true)
			}
			return
		case err != nil:
			x.bodyFailed(err)
			x.conn.Close()
			return
		}
	}
}

// bodyFailed records why the request's body could not be read. The exchange fails with that error.
func (x *Exchange) bodyFailed(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if _, ok := errors.AsType[*protocol.Error](err); !ok {
		err = &protocol.Error{Protocol: x.Pool.Protocol, Op: "read request body", Kind: protocol.ErrAborted, Err: err}
	}
	x.bodyErr.Store(&err)
	return err
}
