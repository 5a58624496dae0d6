package upstream

import (
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// bodies are a request's body as each backend gets it.
type bodies struct {
	out    *protocol.Request // as it is sent
	again  func() (io.Reader, error)
	opened []io.Closer // what again has returned
	taken  func()      // gives back what was taken in of the body; nil: nothing is kept of it
}

// errOnce says that what a request carries can be had but once.
var errOnce = errors.New("the request's body cannot be had again")

// record has the body kept, as far as it is small, where it may have to be sent again and the
// request's GetBody does not return it.
func (x *exchange) record() {
	r := x.request
	switch {
	case x.b.MaxTries == 1:
	case r.Data != nil:
		x.again = func() (io.Reader, error) { return nil, errOnce }
	case r.Body == nil, r.ContentLength == 0:
	case r.GetBody != nil:
		x.again = r.GetBody
	default:
		x.out = r.WithContext(r.Context())
		x.out.Body, x.again, x.taken = netio.Record("", r.Body)
		x.out.GetBody = x.again
	}
}

// rewind makes the body ready for another backend.
func (x *exchange) rewind() error {
	if x.again == nil {
		return nil
	}
	body, err := x.again()
	if err != nil {
		return err
	}
	if c, ok := body.(io.Closer); ok {
		x.opened = append(x.opened, c)
	}
	x.out = x.request.WithContext(x.request.Context())
	x.out.Body, x.out.GetBody = body, x.again
	return nil
}

// closeBodies closes what again has returned, and gives back what is kept.
func (x *bodies) closeBodies() {
	for _, c := range x.opened {
		c.Close()
	}
	if x.opened = nil; x.taken != nil {
		x.taken()
	}
}

// counted returns the body of a response from m. Its Close gives m's lease back.
func (x *exchange) counted(body io.ReadCloser, m *member) io.ReadCloser {
	c := &countedBody{ReadCloser: body, ended: sync.OnceFunc(func() {
		x.closeBodies()
		x.b.release(m)
	})}
	if w, ok := body.(io.Writer); ok {
		return &countedTunnel{c, w}
	}
	return c
}

// A countedBody is a response's body that counts as a request of its backend until it is closed.
type countedBody struct {
	io.ReadCloser
	ended func()
}

func (c *countedBody) Close() error {
	defer c.ended()
	return c.ReadCloser.Close()
}

// A countedTunnel is one that can be a connection, both ways, after a 101.
type countedTunnel struct {
	*countedBody
	io.Writer
}

// CloseWrite closes the writing side after a 101. It fails if the connection has no half-close.
func (c *countedTunnel) CloseWrite() error {
	if half, ok := c.Writer.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
