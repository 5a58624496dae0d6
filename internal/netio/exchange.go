package netio

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An Exchange is a client's side of a connection that carries one request and then its response:
// SCGI, uwsgi, HTTP. It is used once.
type Exchange struct {
	Protocol string
	Dial     func(ctx context.Context) (net.Conn, error)
	Limits   *protocol.Limits // nil: the defaults
	Log      *slog.Logger     // nil: slog.Default
	// for the error of a backend that closes on a large head; may be set by encode
	Hint string
	// the backend speaks HTTP/1.1; nil: a length is always told, and the connection ends with the
	// response
	HTTP *Pool

	lim     protocol.Limits
	request *protocol.Request
	head    []byte
	first   []byte // what is sent at once: the head, and a small body
	later   bool   // a body follows it
	done    func() // gives back what the request holds; nil for nothing
	conn    net.Conn
	in      pushback // conn
	ctx     context.Context
	stop    func() bool // ends the watch of the context
	once    sync.Once
	unread  bool // the request cannot have been read: sending it failed
	heard   bool // something of a response came
	sender  sync.WaitGroup
	sent    atomic.Bool           // all of the request
	unsent  atomic.Pointer[error] // why the request's body could not be read

	patience Patience

	sending sync.Mutex // held during a write
	// a write has met a reset; the kernel tells of one only once, and not to the reader then
	reset error
}

// RoundTrip sends r, with the head that encode makes of it, and reads the response's head. Nothing
// is dialled for a request that cannot be sent. A request that fails on a kept connection is sent
// once more on a new one, where that can do no harm.
func (x *Exchange) RoundTrip(ctx context.Context, r *protocol.Request, encode func(*protocol.Request) ([]byte, error)) (res *protocol.Response, err error) {
	x.ctx, x.lim, x.request = ctx, x.Limits.Resolve(), r
	if x.HTTP == nil {
		if x.request, x.done, err = Measured(r, x.Limits); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			x.close()
		}
	}()
	if x.head, err = encode(x.request); err != nil {
		return nil, err
	}
	if err = x.prepare(); err != nil {
		return nil, err
	}
	if x.conn = x.HTTP.get(x.logger()); x.conn != nil {
		if res, err = x.try(); err == nil || !x.again() {
			return res, err
		}
		x.drop()
	}
	if x.conn, err = x.Dial(ctx); err != nil {
		return nil, x.failed("connect", err)
	}
	return x.try()
}

// try sends the request on the connection and reads the response's head.
func (x *Exchange) try() (*protocol.Response, error) {
	conn := x.conn
	x.stop = context.AfterFunc(x.ctx, func() { conn.Close() })
	x.patience.Start(conn, &x.lim)
	if err := x.send(); err != nil {
		return nil, x.failed("write request", err)
	}
	res, err := x.receive()
	if err != nil {
		return nil, x.failed("read response head", Unanswered(err, len(x.head), x.Hint))
	}
	return res, nil
}

// again reports whether the request, which failed on a kept connection, may be sent on another (RFC
// 9110 section 9.2.2).
func (x *Exchange) again() bool {
	if x.heard || x.ctx.Err() != nil || x.later && !x.unread {
		return false
	}
	return x.unread || Idempotent(x.request.Method())
}

// Idempotent reports whether a request of that method may be sent twice.
func Idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// drop gives up a kept connection.
func (x *Exchange) drop() {
	x.stop()
	x.conn.Close()
	x.conn, x.unread, x.reset = nil, false, nil
}

func (x *Exchange) logger() *slog.Logger {
	if x.Log == nil {
		return slog.Default()
	}
	return x.Log
}

// failed gives an error its place: the context's if it has ended, that of a body that could not be
// read, else the upstream's. A context that ran out of time means an upstream that was too slow.
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
