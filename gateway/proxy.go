package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A Proxy is a handler that sends requests on to a backend, whatever protocols the two sides speak.
// The variables go whole and in their order, but for those that [protocol.Withheld] names, as
// HTTP_PROXY; no http.Request is made of them. Only Backend must be set. It is safe for concurrent
// use.
//
// Each piece of the response goes on within a millisecond, and so does its head; what is whole by
// then leaves in one write. A backend that fails before its response's head gives 502, one that is
// too slow 504; a response that is cut is marked incomplete. When the client goes, the backend's
// exchange ends.
//
// A 101 response joins the two connections, with an end of either direction passed on by itself; it
// needs a protocol that can hand over its connection.
type Proxy struct {
	Backend protocol.RoundTripper

	// Name is what [protocol.Summary] calls the backend. Empty: what Backend says of itself by
	// [protocol.SetBackend], as one that chooses among several may.
	Name string

	// Rewrite may change the request that goes out. Its Params are its own.
	Rewrite func(out *protocol.Request)

	// ResponseTimeout is how long the response's head may take, from the start of the request. 0 or
	// less: no limit.
	ResponseTimeout time.Duration

	// FullDuplex passes a response on while the request's body is still coming, where the front can
	// take that. Without it the rest of the body is taken in first, within the server's Limits.
	FullDuplex bool
}

var errSlow = fmt.Errorf("the response's head did not come in time: %w", context.DeadlineExceeded)

// Serve implements [protocol.Handler].
func (p *Proxy) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	x := &passage{w: w, control: http.NewResponseController(w), in: r, timeout: p.ResponseTimeout}
	if p.FullDuplex {
		x.control.EnableFullDuplex() // one that cannot takes the body in
	}
	x.ctx = r.Context()
	if x.timeout > 0 {
		var end context.CancelCauseFunc
		x.ctx, end = context.WithCancelCause(x.ctx)
		defer end(nil)
		x.slow = time.AfterFunc(x.timeout, func() { end(errSlow) })
	}
	res, err := x.roundTrip(p.Backend, p.outgoing(x.ctx, r, &x.body))
	if p.Name != "" {
		protocol.SetBackend(r.Context(), p.Name)
	}
	if err != nil {
		return x.failed("send request", err)
	}
	defer res.Body.Close()
	return x.answer(res)
}

// outgoing makes the request that goes out, with its body read by way of body.
func (p *Proxy) outgoing(ctx context.Context, r *protocol.Request, body *bodyEnd) *protocol.Request {
	out := r.WithContext(ctx)
	if r.Body == nil || r.ContentLength == 0 {
		body.done.Store(true)
	} else {
		out.Body = source{r.Body, body}
	}
	if r.GetBody != nil {
		out.GetBody = func() (io.Reader, error) {
			again, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			return source{again, body}, nil
		}
	}
	out.Params = r.Params.To(protocol.ToBackend)
	if p.Rewrite != nil {
		out.Params = out.Params.Clone()
		p.Rewrite(out)
	}
	return out
}

// A source is a request's body on its way out. It knows how it ended, which the backend's client
// can only guess.
type source struct {
	io.Reader
	end *bodyEnd
}

// A bodyEnd is how a body has ended.
type bodyEnd struct {
	done atomic.Bool // read to its end
	err  atomic.Pointer[error]
}

func (s source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	switch {
	case err == io.EOF:
		s.end.done.Store(true)
	case err != nil:
		s.end.err.CompareAndSwap(nil, &err)
	}
	return n, err
}

// Close closes what GetBody has returned.
func (s source) Close() error {
	if c, ok := s.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// A passage is one request on its way through a Proxy.
type passage struct {
	w       protocol.ResponseWriter
	control *http.ResponseController
	in      *protocol.Request
	body    bodyEnd
	timeout time.Duration
	slow    *time.Timer     // ends ctx when the timeout is over; nil: there is none
	ctx     context.Context // of the exchange with the backend
}

func (x *passage) roundTrip(b protocol.RoundTripper, out *protocol.Request) (*protocol.Response, error) {
	res, err := b.RoundTrip(x.ctx, out)
	if x.slow != nil && !x.slow.Stop() && err == nil {
		res.Body.Close()
		return nil, errSlow
	}
	return res, err
}

// failed tells whose fault an error is: the client's, who has gone or sent no whole body, or the
// backend's, which has not answered within the request's deadline, where somebody has set one.
func (x *passage) failed(op string, err error) error {
	if cause := context.Cause(x.in.Context()); cause != nil {
		kind := protocol.ErrAborted
		if errors.Is(cause, context.DeadlineExceeded) {
			kind = protocol.ErrUpstream
		}
		return &protocol.Error{Op: "proxy: " + op, Kind: kind, Err: cause}
	}
	if bodyErr := x.body.err.Load(); bodyErr != nil {
		if _, ok := errors.AsType[*protocol.Error](*bodyErr); ok {
			return *bodyErr
		}
		return &protocol.Error{Op: "proxy: read body", Kind: protocol.ErrAborted, Err: *bodyErr}
	}
	if context.Cause(x.ctx) == errSlow {
		return &protocol.Error{Op: "proxy: " + op, Kind: protocol.ErrUpstream,
			Detail: "no response head within " + x.timeout.String(), Err: context.DeadlineExceeded}
	}
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.Kind != nil {
		return err
	}
	return &protocol.Error{Op: "proxy: " + op, Kind: protocol.ErrUpstream, Err: err}
}

// answer passes the response on.
func (x *passage) answer(res *protocol.Response) error {
	if res.Status == http.StatusSwitchingProtocols {
		return x.upgrade(res)
	}
	if res.Status < 200 || res.Status > 999 {
		return x.failed("read response", fmt.Errorf("status %d is no final one", res.Status))
	}
	x.copyHeader(res)
	x.w.WriteHeader(res.Status)
	if x.in.Method() == http.MethodHead {
		// Nobody wants the body, and fronts close as soon as they have the head. How a backend may
		// end that is still at it is for its client's Close to say: a CGI script is not killed in
		// the middle.
		return nil
	}
	return x.copyBody(res.Body)
}

// copyHeader copies the fields but for those that belong to the backend's connection.
func (x *passage) copyHeader(res *protocol.Response) {
	netio.CleanHeader(res.Status, res.Header)
	to := x.w.Header()
	to["Content-Type"] = nil // one that the backend has not given is not ours to guess
	for name, values := range res.Header {
		to[name] = values
	}
}
