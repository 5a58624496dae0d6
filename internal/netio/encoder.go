package netio

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An Encoder frames a response as a head and a body that ends with the connection, as SCGI and
// uwsgi do.
type Encoder struct {
	Conn *Conn
	Body *Body // the request's, which a hijacker must not lose
	Form protocol.HeadForm

	// Request is the one that is answered.
	Request *protocol.Request
	sized   bool // the response declares its length
}

// Counts reports whether the front of r itself notices that a response that has declared its length
// is not whole, passes on what came of it and drops its client: nginx does. Other fronts count
// nothing, keep their client, and let it read the next answer as the rest of this one.
//
// Of the fronts, nginx's scgi_params and uwsgi_params alone have no SERVER_SOFTWARE.
func Counts(r *protocol.Request) bool {
	software, ok := r.Params.Lookup("SERVER_SOFTWARE")
	return strings.HasPrefix(software, "nginx") || !ok && r.Protocol != "fastcgi"
}

// WriteHeader frames the head; it leaves with the body's first bytes, in one write.
func (e *Encoder) WriteHeader(status int, h http.Header) error {
	e.sized = len(h["Content-Length"]) > 0
	e.Conn.SetOut(protocol.AppendHead(e.Conn.Out(), e.Form, status, h))
	return nil
}

func (e *Encoder) Write(p []byte) (int, error) { return e.Conn.Write(p) }

// ReadFrom sends r by sendfile or splice where the system can.
func (e *Encoder) ReadFrom(r io.Reader) (int64, error) { return e.Conn.ReadFrom(r) }

// Flush sends what is framed.
func (e *Encoder) Flush() error { return e.Conn.Flush() }

// Close sends the rest of the response. One that is not whole ends in a reset, where the connection
// has that and the front does not count: a reset can take away what the front has not read yet.
func (e *Encoder) Close(cause error) error {
	err := e.Conn.Flush()
	if cause != nil && !(e.sized && Counts(e.Request)) {
		e.Conn.Abort()
		return err
	}
	e.Conn.answered.Store(true)
	e.Conn.linger.Store(e.Conn.unread.Load() != 0)
	return err
}

// Hijack hands the connection over, once the head that was framed has been sent.
func (e *Encoder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if e.Conn.unread.Load() > 0 {
		e.Conn.SetOut(e.Conn.Out()[:0])
		return nil, nil, errors.New("hijack: the request's body has not been read")
	}
	return e.Conn.Hijack()
}

// SetReadDeadline bounds the reading of the request's body.
func (e *Encoder) SetReadDeadline(t time.Time) error { return e.Conn.SetReadDeadline(t) }

// SetWriteDeadline bounds the writing of the response.
func (e *Encoder) SetWriteDeadline(t time.Time) error { return e.Conn.SetWriteDeadline(t) }

// FullDuplex reports that nothing in the framing keeps a response from beginning early.
func (e *Encoder) FullDuplex() error { return nil }

// A Body is a request's body of a known length, which follows raw.
type Body struct {
	Conn *Conn
}

// Expect says how many bytes are to come. Negative means that nobody knows: the request could not
// be read.
func (b *Body) Expect(n int64) { b.Conn.unread.Store(n) }

func (b *Body) Read(p []byte) (int, error) {
	left := b.Conn.unread.Load()
	if left <= 0 {
		return 0, io.EOF
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), left)])
	left -= int64(n)
	b.Conn.unread.Store(left)
	if a := b.Conn.ahead.Load(); a != nil {
		a.bodyRead(left, err)
	}
	return n, err
}
