package netio

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// smallBody is the size up to which a body that is in memory is sent with the head, in one write and without a goroutine.
const smallBody = 16 << 10

// inMemory reports whether n bytes of body can be read without waiting for anybody: the one who writes it may be waiting for the
// response.
func inMemory(body io.Reader, n int64) bool {
	switch b := body.(type) {
	case interface{ Len() int }: // a Buffer or a Reader of bytes or strings
		return int64(b.Len()) >= n
	case *protocol.Spool:
		return true
	}
	return false
}

// An Exchange is a client's side of a connection that carries one request, and a response that ends with it: SCGI, uwsgi.
type Exchange struct {
	Protocol string
	Dial     func(ctx context.Context) (net.Conn, error)
	Limits   *protocol.Limits // nil: the defaults
	Log      *slog.Logger     // nil: slog.Default
	Hint     string           // for the error of a backend that closes on a large head; may be set by encode

	lim     protocol.Limits
	request *protocol.Request // of a known length
	head    []byte
	done    func() // gives back what the request holds; nil for nothing
	conn    net.Conn
	ctx     context.Context
	stop    func() bool // ends the watch of the context
	once    sync.Once
	sender  sync.WaitGroup
	unsent  atomic.Pointer[error] // why the request's body could not be read

	patience Patience

	sending sync.Mutex // held during a write
	reset   error      // a write has met a reset; the kernel tells of one only once, and not to the reader then
}

// RoundTrip sends r on a connection of its own, with the head that encode makes of it, and reads the response's head. Nothing is
// dialled for a request that cannot be sent.
func (x *Exchange) RoundTrip(ctx context.Context, r *protocol.Request, encode func(*protocol.Request) ([]byte, error)) (res *protocol.Response, err error) {
	x.ctx, x.lim = ctx, x.Limits.Resolve()
	if x.request, x.done, err = protocol.Measure(r, x.Limits); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			x.close()
		}
	}()
	if x.head, err = encode(x.request); err != nil {
		return nil, err
	}
	if n := x.request.ContentLength; n > 0 && x.request.Body == nil {
		return nil, x.bodyFailed(errors.New("ContentLength is " + strconv.FormatInt(n, 10) + " and Body is nil"))
	}
	if x.conn, err = x.Dial(ctx); err != nil {
		return nil, x.failed("connect", err)
	}
	conn := x.conn
	x.stop = context.AfterFunc(ctx, func() { conn.Close() })
	x.patience.Start(conn, &x.lim)
	if err := x.send(); err != nil {
		return nil, x.failed("write request", err)
	}
	if res, err = x.receive(); err != nil {
		return nil, x.failed("read response head", Unanswered(err, len(x.head), x.Hint))
	}
	return res, nil
}

// send sends the request. A body that is not small and in memory follows in a goroutine of its own, while the response is being read; that
// goroutine ends with the connection.
func (x *Exchange) send() error {
	n, body := x.request.ContentLength, x.request.Body
	if body == nil || n == 0 {
		return x.write(x.head)
	}
	if n <= smallBody && inMemory(body, n) {
		b := append(x.head, make([]byte, n)...)
		if _, err := io.ReadFull(body, b[len(x.head):]); err != nil {
			x.bodyFailed(err)
			return err
		}
		return x.write(b)
	}
	if err := x.write(x.head); err != nil {
		return err
	}
	x.sender.Go(func() { x.sendBody(body, n) })
	return nil
}

// write writes b. A peer that has answered and gone before it read all of it may still have its answer read.
func (x *Exchange) write(b []byte) error {
	err := x.put(b)
	if err != nil && x.ctx.Err() == nil && !isTimeout(err) {
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

// sendBody sends n bytes of body. One that is too short ends the exchange: the backend must not take it for whole.
func (x *Exchange) sendBody(body io.Reader, n int64) {
	buf := make([]byte, 64<<10)
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

// failed gives an error its place: the context's if it has ended, that of a body that could not be read, else the upstream's. A context
// that ran out of time means an upstream that was too slow.
func (x *Exchange) failed(op string, err error) error {
	e := &protocol.Error{Protocol: x.Protocol, Op: op, Kind: protocol.ErrUpstream, Err: err}
	if cause := context.Cause(x.ctx); cause != nil {
		if e.Err = cause; !errors.Is(x.ctx.Err(), context.DeadlineExceeded) {
			e.Kind = protocol.ErrAborted
		}
		return e
	}
	if unsent := x.unsent.Load(); unsent != nil {
		return *unsent
	}
	if own, ok := err.(*protocol.Error); ok && own.Kind == protocol.ErrUpstream {
		*e = *own
		e.Protocol = x.Protocol
	}
	return e
}

func (x *Exchange) close() {
	x.once.Do(func() {
		if x.conn != nil {
			x.stop()
			x.conn.Close()
		}
		if x.done != nil {
			x.sender.Wait()
			x.done()
		}
	})
}

func after(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}
