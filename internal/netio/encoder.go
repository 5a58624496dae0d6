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

// An Encoder frames a response as SCGI and uwsgi do: a head, and a body that ends with the
// connection.
type Encoder struct {
	Conn *Conn
	Body *Body // the request's
	Form protocol.HeadForm

	// Request is the request that is answered.
	Request   *protocol.Request
	hasLength bool // the response declares its length
}

// FrontChecksLength reports whether the front of r compares a response with its Content-Length.
// nginx does: if the response is too short, it passes on what came and closes its client's
// connection. Other fronts keep that connection, and the client reads the next response as the rest
// of this one.
//
// nginx is told by SERVER_SOFTWARE, or by its absence: nginx's scgi_params and uwsgi_params are the
// only ones without it.
func FrontChecksLength(r *protocol.Request) bool {
	software, ok := r.Params.Lookup("SERVER_SOFTWARE")
	return strings.HasPrefix(software, "nginx") || !ok && r.Protocol != "fastcgi"
}

// WriteHeader frames the head. It is sent in one write with the first bytes of the body.
func (e *Encoder) WriteHeader(status int, h http.Header) error {
	e.hasLength = len(h["Content-Length"]) > 0
	e.Conn.SetOut(protocol.AppendHead(e.Conn.Out(), e.Form, status, h))
	return nil
}

func (e *Encoder) Write(p []byte) (int, error) { return e.Conn.Write(p) }

// ReadFrom sends r by sendfile or splice where the system can.
func (e *Encoder) ReadFrom(r io.Reader) (int64, error) { return e.Conn.ReadFrom(r) }

// Flush sends what is framed.
func (e *Encoder) Flush() error { return e.Conn.Flush() }

// Close sends the rest of the response. If it is incomplete the connection is reset where it can
// be, unless the front checks the length: a reset can discard bytes that the front has not read
// yet.
func (e *Encoder) Close(cause error) error {
	err := e.Conn.Flush()
	if cause != nil && !(e.hasLength && FrontChecksLength(e.Request)) {
		e.Conn.Abort()
		return err
	}
	e.Conn.answered.Store(true)
	e.Conn.linger.Store(e.Conn.bodyLeft.Load() != 0)
	return err
}

// Hijack sends the head and hands the connection over. It fails while the request has an unread
// body.
func (e *Encoder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if e.Conn.bodyLeft.Load() > 0 {
		e.Conn.SetOut(e.Conn.Out()[:0])
		return nil, nil, errors.New("hijack: the request's body has not been read")
	}
	return e.Conn.Hijack()
}

// SetReadDeadline bounds the reading of the request's body.
func (e *Encoder) SetReadDeadline(t time.Time) error { return e.Conn.SetReadDeadline(t) }

// SetWriteDeadline bounds the writing of the response.
func (e *Encoder) SetWriteDeadline(t time.Time) error { return e.Conn.SetWriteDeadline(t) }

// FullDuplex returns nil: a response may begin before the request's body has been read.
func (e *Encoder) FullDuplex() error { return nil }

// A Body is a request's body of a known length, which has no framing.
type Body struct {
	Conn *Conn
}

// Expect sets the length of the body. Negative means that it is unknown, because the request could
// not be read.
func (b *Body) Expect(n int64) { b.Conn.bodyLeft.Store(n) }

func (b *Body) Read(p []byte) (int, error) {
	left := b.Conn.bodyLeft.Load()
	if left <= 0 {
		return 0, io.EOF
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), left)])
	left -= int64(n)
	b.Conn.bodyLeft.Store(left)
	if a := b.Conn.background.Load(); a != nil {
		a.bodyRead(left, err)
	}
	return n, err
}
