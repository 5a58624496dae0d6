package netio

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/protocol"
)

// An Exchange is a client's side of a connection that carries one request and then its response:
// SCGI, uwsgi, HTTP. It is used once.
type Exchange struct {
	Pool   *Pool
	Limits *protocol.Limits // nil: the defaults
	// Hint is for the error of a backend that closes on a large head: see ExplainLargeHead. encode
	// may set it.
	Hint string
	// HTTP says that the backend speaks HTTP/1.1. Else the request's length is always declared, and
	// the connection ends with the response.
	HTTP bool

	lim     protocol.Limits
	request *protocol.Request
	head    []byte

	firstWrite  []byte // the head, and the body if it is small and in memory
	bodyFollows bool   // the body is sent after firstWrite
	releaseBody func() // releases a body that was taken in; nil: there is none

	ctx     context.Context
	conn    *PoolConn
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

// RoundTrip sends r, with the head that encode makes of it, and reads the response's head. It takes
// a connection only after encode and the reading of a small body have succeeded. A request that
// fails on one that was kept is sent again on a new one, if it may be sent twice.
func (x *Exchange) RoundTrip(ctx context.Context, r *protocol.Request, encode func(*protocol.Request) ([]byte, error)) (res *protocol.Response, err error) {
	x.ctx, x.lim, x.request = ctx, x.Limits.Resolve(), r
	if !x.HTTP {
		if x.request, x.releaseBody, err = Measured(r, x.Limits); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			x.close()
			err = NotSent(err, !x.reached.Load())
		}
	}()
	if x.head, err = encode(x.request); err != nil {
		return nil, err
	}
	if err = x.prepare(); err != nil {
		return nil, err
	}
	if x.conn, err = x.Pool.Get(ctx, x.lim.FirstByteTimeout); err != nil {
		return nil, err
	}
	if res, err = x.attempt(); err == nil || !x.mayRetry() {
		return res, err
	}
	x.stop()
	x.sendFailed, x.resetErr = false, nil
	if x.conn, err = x.Pool.Redial(ctx, x.conn); err != nil {
		return nil, err
	}
	return x.attempt()
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

// mayRetry reports whether the request, which has failed, may be sent once more on a new connection
// (RFC 9110 section 9.2.2).
func (x *Exchange) mayRetry() bool {
	if !x.conn.used || x.responseBegan || x.ctx.Err() != nil || x.bodyFollows && !x.sendFailed {
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

// wrapError is wrapError of this package for the exchange. If the context has not ended and the
// request's body could not be read, that is the error.
func (x *Exchange) wrapError(op string, err error) error {
	if unsent := x.bodyErr.Load(); unsent != nil && x.ctx.Err() == nil {
		return *unsent
	}
	return wrapError(x.ctx, x.Pool.Protocol, op, err)
}

// wrapError makes an error of op a *protocol.Error. If the context has ended its cause is the
// error: ErrUpstream after a timeout, else ErrAborted. Any other is ErrUpstream.
func wrapError(ctx context.Context, proto, op string, err error) error {
	e := &protocol.Error{Protocol: proto, Op: op, Kind: protocol.ErrUpstream, Err: err}
	if cause := context.Cause(ctx); cause != nil {
		if e.Err = cause; !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			e.Kind = protocol.ErrAborted
		}
		return e
	}
	if own, ok := err.(*protocol.Error); ok && own.Kind == protocol.ErrUpstream {
		*e = *own
		e.Protocol = proto
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
