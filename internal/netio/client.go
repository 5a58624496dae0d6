package netio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// smallBody is the size up to which a body is sent with the head, in one write and without a goroutine.
const smallBody = 16 << 10

// An Exchange is a client's side of a connection that carries one request, and a response that ends with it: SCGI, uwsgi.
type Exchange struct {
	Protocol string
	Dial     func(ctx context.Context) (net.Conn, error)
	Limits   *protocol.Limits // nil: the defaults

	lim     protocol.Limits
	request *protocol.Request // of a known length
	head    []byte
	done    func() // gives back what the request holds; nil for nothing
	conn    net.Conn
	ctx     context.Context
	stop    func() bool // ends the watch of the context
	once    sync.Once
	sender  sync.WaitGroup
}

// RoundTrip sends r on a connection of its own, with the head that encode makes of it, and reads the response's head.
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
	if x.conn, err = x.Dial(ctx); err != nil {
		return nil, x.failed("connect", err)
	}
	conn := x.conn
	x.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := x.send(); err != nil {
		return nil, x.failed("write request", err)
	}
	if res, err = x.receive(); err != nil {
		return nil, x.failed("read response head", err)
	}
	return res, nil
}

// send sends the request. A body that is not small follows in a goroutine of its own, while the response is being read; that
// goroutine ends with the connection.
func (x *Exchange) send() error {
	n, body := x.request.ContentLength, x.request.Body
	if body == nil || n == 0 {
		return x.write(x.head)
	}
	if n <= smallBody {
		b := append(x.head, make([]byte, n)...)
		if _, err := io.ReadFull(body, b[len(x.head):]); err != nil {
			return &protocol.Error{Protocol: x.Protocol, Op: "read body", Kind: protocol.ErrAborted, Err: err}
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
	x.conn.SetWriteDeadline(after(x.lim.WriteTimeout))
	_, err := x.conn.Write(b)
	if err != nil && x.ctx.Err() == nil && !isTimeout(err) {
		return nil
	}
	return err
}

// sendBody sends n bytes of body. One that is too short ends the exchange: the backend must not take it for whole.
func (x *Exchange) sendBody(body io.Reader, n int64) {
	buf := make([]byte, 64<<10)
	for n > 0 {
		m, err := body.Read(buf[:min(n, int64(len(buf)))])
		n -= int64(m)
		x.conn.SetWriteDeadline(after(x.lim.WriteTimeout))
		if _, werr := x.conn.Write(buf[:m]); werr != nil {
			return
		}
		if err != nil && n > 0 {
			x.conn.Close()
			return
		}
	}
}

// receive reads the response's head.
func (x *Exchange) receive() (*protocol.Response, error) {
	status, h, rest, err := protocol.ReadHead(x.conn, x.lim.ResponseHead)
	if err != nil {
		return nil, err
	}
	body := &responseBody{x: x, rest: rest, left: -1}
	switch {
	case status == http.StatusSwitchingProtocols:
		return &protocol.Response{Status: status, Header: h, Body: body}, nil
	case x.request.Method() == http.MethodHead, status == http.StatusNoContent, status == http.StatusNotModified:
		body.left = 0
	case h.Get("Content-Length") != "":
		n, err := strconv.ParseUint(h.Get("Content-Length"), 10, 63)
		if err != nil {
			return nil, &protocol.Error{Op: "parse", Kind: protocol.ErrMalformed, Detail: "Content-Length " + strconv.Quote(h.Get("Content-Length"))}
		}
		body.left = int64(n)
	}
	return &protocol.Response{Status: status, Header: h, Body: body}, nil
}

// failed gives an error its place: the context's if it has ended, a body that could not be read as it is, else the upstream's.
func (x *Exchange) failed(op string, err error) error {
	if cause := context.Cause(x.ctx); cause != nil {
		return &protocol.Error{Protocol: x.Protocol, Op: op, Kind: protocol.ErrAborted, Err: cause}
	}
	if e, ok := errors.AsType[*protocol.Error](err); ok && (e.Kind == protocol.ErrAborted || e.Kind == protocol.ErrUpstream) {
		return err
	}
	return &protocol.Error{Protocol: x.Protocol, Op: op, Kind: protocol.ErrUpstream, Err: err}
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

// A responseBody is a response's body, up to its declared length or the connection's end. After a 101 it is the connection,
// both ways.
type responseBody struct {
	x    *Exchange
	rest []byte // read together with the head
	left int64  // bytes of the declared length to come; -1: none declared
	err  error
}

func (b *responseBody) Read(p []byte) (n int, err error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.left == 0:
		return 0, io.EOF
	case b.left > 0 && int64(len(p)) > b.left:
		p = p[:b.left]
	}
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
	} else {
		n, err = b.x.conn.Read(p)
	}
	if b.left > 0 {
		b.left -= int64(n)
	}
	b.err = b.verdict(err)
	return n, b.err
}

// verdict tells a whole response from one that was cut.
func (b *responseBody) verdict(err error) error {
	switch {
	case b.left == 0:
		return io.EOF
	case err == nil:
		return nil
	case err == io.EOF && b.left < 0 && context.Cause(b.x.ctx) == nil:
		return io.EOF
	case err == io.EOF:
		return b.x.failed("read response", &protocol.Error{Op: "end", Kind: protocol.ErrUpstream,
			Detail: strconv.FormatInt(b.left, 10) + " bytes short of its Content-Length", Err: io.ErrUnexpectedEOF})
	}
	return b.x.failed("read response", err)
}

// Write writes to the backend after a 101.
func (b *responseBody) Write(p []byte) (int, error) { return b.x.conn.Write(p) }

// CloseWrite ends the writing side after a 101.
func (b *responseBody) CloseWrite() error {
	if c, ok := b.x.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

func (b *responseBody) Close() error {
	if b.err == nil {
		b.err = net.ErrClosed
	}
	b.x.close()
	return nil
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
