package netio

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/protocol"
)

// An Exchange is a client's side of a connection that carries one request and then its response:
// SCGI, uwsgi, HTTP. It is used once.
type Exchange struct {
	Protocol string
	Dial     func(ctx context.Context) (net.Conn, error)
	Limits   *protocol.Limits // nil: the defaults
	Log      *slog.Logger     // nil: slog.Default
	// Hint is for the error of a backend that closes on a large head: see ExplainLargeHead. encode
	// may set it.
	Hint string
	// HTTP is the pool of a backend that speaks HTTP/1.1. nil: the request's length is always
	// declared, and the connection ends with the response.
	HTTP *Pool

	lim     protocol.Limits
	request *protocol.Request
	head    []byte

	firstWrite  []byte // the head, and the body if it is small and in memory
	bodyFollows bool   // the body is sent after firstWrite
	releaseBody func() // releases a body that was taken in; nil: there is none

	ctx     context.Context
	conn    net.Conn
	in      pushback    // reads conn
	stop    func() bool // ends the watch of ctx
	once    sync.Once   // conn is closed, or has gone back to the pool
	timeout ResponseDeadline

	sender        sync.WaitGroup
	sendFailed    bool                  // the backend cannot have read the whole request
	reached       atomic.Bool           // a byte of it was written, on whatever connection
	allSent       atomic.Bool           // the whole request has been sent
	bodyErr       atomic.Pointer[error] // why the request's body could not be read
	responseBegan bool                  // at least a byte of a response came

	writeMu sync.Mutex // held during a write
	// The reset that a write has met. The kernel reports a reset once: a read does not see it after
	// a write has.
	resetErr error
}

// RoundTrip sends r, with the head that encode makes of it, and reads the response's head. It
// connects only after encode and the reading of a small body have succeeded. A request that fails
// on a connection of the pool is sent again on a new one, if it may be sent twice.
func (x *Exchange) RoundTrip(ctx context.Context, r *protocol.Request, encode func(*protocol.Request) ([]byte, error)) (res *protocol.Response, err error) {
	x.ctx, x.lim, x.request = ctx, x.Limits.Resolve(), r
	if x.HTTP == nil {
		if x.request, x.releaseBody, err = Measured(r, x.Limits); err != nil {
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
		if res, err = x.attempt(); err == nil || !x.mayRetry() {
			return res, NotSent(err, !x.reached.Load())
		}
		x.dropConn()
	}
	if x.conn, err = x.Dial(ctx); err != nil {
		return nil, NotSent(x.wrapError("connect", err), !x.reached.Load())
	}
	res, err = x.attempt()
	return res, NotSent(err, !x.reached.Load())
}

// NotSent returns err with its NotSent set as told. Its own error stays as it is, for it may be
// somebody else's too.
func NotSent(err error, notSent bool) error {
	e, ok := err.(*protocol.Error)
	if !ok || e.NotSent == notSent {
		return err
	}
	own := *e
	own.NotSent = notSent
	return &own
}

// attempt sends the request on the connection and reads the response's head.
func (x *Exchange) attempt() (*protocol.Response, error) {
	conn := x.conn
	x.stop = context.AfterFunc(x.ctx, func() { conn.Close() })
	x.timeout.Start(conn, &x.lim)
	if err := x.send(); err != nil {
		return nil, x.wrapError("write request", err)
	}
	res, err := x.receive()
	if err != nil {
		return nil, x.wrapError("read response head", ExplainLargeHead(err, len(x.head), x.Hint))
	}
	return res, nil
}

// mayRetry reports whether the request, which failed on a connection of the pool, may be sent on
// another one (RFC 9110 section 9.2.2).
func (x *Exchange) mayRetry() bool {
	if x.responseBegan || x.ctx.Err() != nil || x.bodyFollows && !x.sendFailed {
		return false
	}
	return x.sendFailed || Idempotent(x.request.Method())
}

// Idempotent reports whether a request of that method may be sent twice.
func Idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// dropConn closes a connection of the pool on which the request failed.
func (x *Exchange) dropConn() {
	x.stop()
	x.conn.Close()
	x.conn, x.sendFailed, x.resetErr = nil, false, nil
}

func (x *Exchange) logger() *slog.Logger {
	if x.Log == nil {
		return slog.Default()
	}
	return x.Log
}

// wrapError makes an error of op a *protocol.Error. If the context has ended its cause is the
// error: ErrUpstream after a timeout, else ErrAborted. If the request's body could not be read,
// that is the error. Any other is ErrUpstream.
func (x *Exchange) wrapError(op string, err error) error {
	e := &protocol.Error{Protocol: x.Protocol, Op: op, Kind: protocol.ErrUpstream, Err: err}
	if cause := context.Cause(x.ctx); cause != nil {
		if e.Err = cause; !errors.Is(x.ctx.Err(), context.DeadlineExceeded) {
			e.Kind = protocol.ErrAborted
		}
		return e
	}
	if unsent := x.bodyErr.Load(); unsent != nil {
		return *unsent
	}
	if own, ok := err.(*protocol.Error); ok && own.Kind == protocol.ErrUpstream {
		*e = *own
		e.Protocol = x.Protocol
	}
	return e
}

// close closes the connection, unless it went back to the pool, and releases the request's body.
func (x *Exchange) close() {
	x.once.Do(func() {
		if x.conn != nil {
			x.stop()
			x.conn.Close()
		}
		if x.releaseBody != nil {
			x.sender.Wait()
			x.releaseBody()
		}
	})
}
