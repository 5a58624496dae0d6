package netio

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An Exchange is a client's request on its way to a backend and the response to it. It has what all
// wires have in common. It is used once.
type Exchange struct {
	Pool   *Pool
	Source Source           // gives the connection; nil: Pool
	Limits *protocol.Limits // nil: the defaults
	// Resend lets a request that fails on a kept connection be sent again whatever its method.
	Resend bool
	// AnyLength says that the wire can carry a body of unknown length. Else it is taken in first.
	AnyLength bool
	// Hint is for the error of a backend that closes on a large head: see explainLargeHead. Encode
	// may set it.
	Hint string

	// The Wire may read these while it encodes and receives.
	Lim     protocol.Limits   // what Limits are, resolved
	Request *protocol.Request // as it is sent
	Conn    *PoolConn
	// ResponseBegan is set by the Wire: at least a byte of a response came.
	ResponseBegan bool

	upload
	wire        Wire
	ctx         context.Context
	stop        func() bool // ends the watch of ctx
	ended       atomic.Bool
	releaseBody func() // releases a body that was taken in; nil: there is none
}

// A Source has connections for exchanges.
type Source interface {
	// Get returns a connection for one request, as [Pool.Get] does.
	Get(ctx context.Context, limit time.Duration) (*PoolConn, error)
	// Redial closes c, and returns another connection in its place.
	Redial(ctx context.Context, c *PoolConn) (*PoolConn, error)
}

// A Wire is what a protocol does of an Exchange by itself.
type Wire interface {
	// Encode returns the head of a request, and what follows it.
	Encode(r *protocol.Request) (head []byte, body []Part, err error)
	// Receive reads a response's head from a new connection or one that was kept.
	Receive() (*protocol.Response, error)
}

// RoundTrip sends r and reads the response's head. It takes a connection only after Encode and the
// reading of a small body have succeeded. A request that fails on one that was kept is sent again
// on a new one, if it may be sent twice.
func (x *Exchange) RoundTrip(ctx context.Context, r *protocol.Request, w Wire) (res *protocol.Response, err error) {
	x.ctx, x.wire, x.Lim, x.Request = ctx, w, x.Limits.Resolve(), r
	x.protocol, x.writeTimeout = x.Pool.Protocol, x.Lim.WriteTimeout
	if x.Source == nil {
		x.Source = x.Pool
	}
	if !x.AnyLength {
		if x.Request, x.releaseBody, err = measured(r, x.Limits); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			x.Close()
			err = withProgress(err, !x.reached.Load(), x.ResponseBegan)
		}
	}()
	head, body, err := w.Encode(x.Request)
	if err != nil {
		return nil, err
	}
	if err = x.prepare(head, body); err != nil {
		return nil, err
	}
	if x.Conn, err = x.get(); err != nil {
		return nil, err
	}
	if res, err = x.attempt(); err == nil || !x.mayRetry(err) {
		return res, err
	}
	x.stop()
	if err = x.rewind(); err != nil {
		return nil, err
	}
	if x.reached.Load() { // so nobody else may be able to take it
		ctx = protocol.WithPatience(ctx, true)
	}
	if x.Conn, err = x.Source.Redial(ctx, x.Conn); err != nil {
		return nil, err
	}
	return x.attempt()
}

// get returns a connection for the request.
func (x *Exchange) get() (*PoolConn, error) {
	if x.Source == Source(x.Pool) && !x.Resend && !MayResend(x.Request.Method(), false) {
		return x.Pool.GetOnce(x.ctx, x.Lim.FirstByteTimeout)
	}
	return x.Source.Get(x.ctx, x.Lim.FirstByteTimeout)
}

// measured is [protocol.BufferUnknownLength] for a client. done is nil if r's body was not
// buffered: then the end of an exchange need not wait for a Read of that body, which may block
// until the client sends more.
func measured(r *protocol.Request, lim *protocol.Limits) (out *protocol.Request, done func(), err error) {
	out, done, err = protocol.BufferUnknownLength(r, lim)
	if r.ContentLength >= 0 || r.Body == nil {
		done = nil
	}
	return out, done, err
}

// attempt sends the request on the connection and reads the response's head.
func (x *Exchange) attempt() (*protocol.Response, error) {
	conn := x.Conn
	defer conn.awaitReply()()
	x.stop = x.Pool.contexts.AfterFunc(x.ctx, func() {
		CloseTransport(conn.Conn) // TLS would first say that all was sent
		conn.Close()
	})
	x.timeout.Start(conn, &x.Lim)
	if err := x.send(x.ctx, conn); err != nil {
		return nil, x.wrapError("write request", err)
	}
	res, err := x.wire.Receive()
	if err != nil {
		return nil, x.Failed("read response head", explainLargeHead(err, x.head, x.Hint))
	}
	x.first, x.rest = nil, nil // the response may last
	return res, nil
}

// mayRetry reports whether the request, which has failed with err, may be sent once more on a new
// connection: it was on one that was kept and turned out to be closed, and the backend cannot have
// read the whole of it or may be asked twice (RFC 9110 section 9.2.2).
func (x *Exchange) mayRetry(err error) bool {
	if !x.Conn.used || x.ResponseBegan || x.ctx.Err() != nil || x.bodyErr.Load() != nil || IsTimeout(err) {
		return false
	}
	return MayResend(x.Request.Method(), !x.end()) || x.Resend
}

// MayResend reports whether a request that got nothing of a response may be sent again: unread says
// that nobody can have read the whole of it, or its method is idempotent (RFC 9110 section 9.2.2).
func MayResend(method string, unread bool) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return unread
}

// Piece starts the time for the next piece of the response's body.
func (x *Exchange) Piece() { x.timeout.Piece() }

// ResponseEnded says that the response is whole. The first call ends the exchange: its caller must
// then call PutOrClose. free reports that the connection has carried the whole request, and is not
// about to be closed because the context has ended.
func (x *Exchange) ResponseEnded() (first, free bool) {
	if x.ended.Swap(true) {
		return false, false
	}
	return true, x.stop() && x.whole.Load()
}

// PutOrClose gives the connection back to the pool or closes it, and releases the request's body.
func (x *Exchange) PutOrClose(good bool) {
	if x.timeout.Stop(); good {
		x.Conn.Put()
	} else {
		x.Conn.Close()
	}
	x.ReleaseBody()
}

// Close ends the exchange as it is, unless it has ended.
func (x *Exchange) Close() {
	if x.ended.Swap(true) {
		return
	}
	if x.Conn != nil {
		x.stop()
		x.Conn.Close()
	}
	x.ReleaseBody()
}

// ReleaseBody gives back a body that was taken in, when nobody sends it any more, and closes those
// that were had for a second sending.
func (x *Exchange) ReleaseBody() {
	for _, body := range x.again {
		body.Close()
	}
	x.again = nil
	if x.releaseBody != nil {
		x.senders.Wait()
		x.releaseBody()
		x.releaseBody = nil
	}
}

// Failed makes an error of op, which reads the response, a *protocol.Error.
func (x *Exchange) Failed(op string, err error) error {
	return x.wrapError(op, x.timeout.Explain(err))
}

// wrapError is the function wrapError for the exchange. If the request's body could not be read,
// and the context has not ended, that is the error.
func (x *Exchange) wrapError(op string, err error) error {
	if unread := x.bodyErr.Load(); unread != nil && x.ctx.Err() == nil {
		return *unread
	}
	return withAddress(wrapError(x.ctx, x.protocol, op, err), x.Conn.RemoteAddr())
}
