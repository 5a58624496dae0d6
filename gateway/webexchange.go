package gateway

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A webExchange is one request's ResponseWriter.
type webExchange struct {
	http.ResponseWriter
	bodyDeadline
	conn  *webConn
	body  bool // the request may have one
	sized bool // the response declares its length
	whole bool // the handler has ended as it should
}

// Unwrap lets http.ResponseController find what is not here.
func (x *webExchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// ReadFrom implements [io.ReaderFrom]. Each piece has its time. A file goes on behind a single
// [io.LimitedReader]: behind two of them package net would not see it, and copy.
func (x *webExchange) ReadFrom(r io.Reader) (n int64, err error) {
	const piece = 4 << 20
	whole, ok := r.(*io.LimitedReader)
	if !ok {
		whole = &io.LimitedReader{R: r, N: math.MaxInt64}
	}
	for whole.N > 0 {
		want := min(whole.N, piece)
		m, err := io.Copy(x.ResponseWriter, &io.LimitedReader{R: whole.R, N: want})
		n += m
		whole.N -= m
		if err != nil || m < want {
			return n, err
		}
	}
	return n, nil
}

// Foremost tells [protocol.Loop] that nobody has looked at the request before it.
func (x *webExchange) Foremost() {}

// SetWriteDeadline bounds the writing of the response.
func (x *webExchange) SetWriteDeadline(t time.Time) error {
	err := x.control.SetWriteDeadline(t)
	x.conn.keepWriteDeadline()
	return err
}

// Watch has the request's context end when the client leaves. net/http, which ends its parent,
// looks for that only once the body has been read.
func (x *webExchange) Watch(gone func(cause error)) (stop func()) {
	x.conn.watch()
	if !x.body {
		return nil
	}
	return netio.WatchHangup(x.conn.conn.net, gone)
}

// InterruptRead ends a Read of the body that waits for more of it: see [webConn.interruptBody].
func (x *webExchange) InterruptRead() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ownRead = true // no later piece sets a deadline again
	x.conn.interruptBody()
}

// end comes when the handler has returned: net/http sends what it still has.
func (x *webExchange) end() {
	if x.conn.hijacked.Load() {
		x.conn.conn.end()
	}
}

// A webBody is a request's body with a deadline for each of its pieces.
type webBody struct {
	io.ReadCloser
	exchange *webExchange
	chunked  bool
}

func (b *webBody) Read(p []byte) (int, error) {
	b.exchange.armRead()
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded) && !b.exchange.readIsOwn():
		err = b.exchange.timedOut(err)
	default:
		b.exchange.disarmRead()
		if b.chunked && isFraming(err) {
			err = &protocol.Error{Protocol: "http", Op: "read body", Kind: protocol.ErrMalformed, Err: err}
		}
	}
	return n, err
}

// isFraming reports whether an error of a chunked body is one of its chunks: net/http has no type
// for them, and all others have one.
func isFraming(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return false
	}
	for _, other := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrDeadlineExceeded, http.ErrBodyReadAfterClose} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}
