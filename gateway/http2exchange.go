package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// An http2Exchange is one request's ResponseWriter over HTTP/2, whose deadlines bound the time
// without progress. It is no [http.Hijacker]: a stream cannot be had.
type http2Exchange struct {
	http.ResponseWriter
	bodyDeadline

	// guarded by the bodyDeadline's mu
	ownWrite bool // a handler has set a write deadline of its own
	writing  *time.Timer
}

// Unwrap lets http.ResponseController find what is not here.
func (x *http2Exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// Foremost tells [protocol.Loop] that nobody has looked at the request before it.
func (x *http2Exchange) Foremost() {}

// Write implements [http.ResponseWriter].
func (x *http2Exchange) Write(p []byte) (int, error) {
	return netio.WritePieces(p, func(piece []byte) (int, error) {
		defer x.armWrite()()
		return x.ResponseWriter.Write(piece)
	})
}

// FlushError is what http.ResponseController asks for.
func (x *http2Exchange) FlushError() error {
	defer x.armWrite()()
	return x.control.Flush()
}

// armWrite bounds a write that waits for the peer, until disarm is called. A deadline of net/http's
// would also end a stream that writes nothing.
func (x *http2Exchange) armWrite() (disarm func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	limit := x.limits.WriteTimeout
	switch {
	case limit <= 0 || x.ownWrite:
		return func() {}
	case x.writing == nil:
		x.writing = time.AfterFunc(limit, x.endWrite)
	default:
		x.writing.Reset(limit)
	}
	return func() { x.writing.Stop() }
}

// endWrite ends the write that waits.
func (x *http2Exchange) endWrite() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.ownWrite {
		x.control.SetWriteDeadline(pastDeadline)
	}
}

// SetWriteDeadline bounds the writing of the response.
func (x *http2Exchange) SetWriteDeadline(t time.Time) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ownWrite = true
	return x.control.SetWriteDeadline(t)
}

// end comes when the handler has returned: net/http sends what it still has, which has its time.
// After that nothing of net/http's may be called.
func (x *http2Exchange) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if limit := x.limits.WriteTimeout; limit > 0 && !x.ownWrite {
		x.control.SetWriteDeadline(time.Now().Add(limit))
	}
	x.ownRead, x.ownWrite = true, true
}

// An http2Body is a request's body with a deadline for each of its pieces.
type http2Body struct {
	io.ReadCloser
	exchange *http2Exchange
}

func (b *http2Body) Read(p []byte) (int, error) {
	b.exchange.armRead()
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	if own := b.exchange.disarmRead(); errors.Is(err, os.ErrDeadlineExceeded) && !own {
		err = b.exchange.timedOut(err)
	}
	return n, err
}
