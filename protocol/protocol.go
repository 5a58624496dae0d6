package protocol

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// A Protocol speaks one gateway protocol. Its zero value is ready to use, and it is safe for
// concurrent use.
type Protocol interface {
	// Name is the protocol's name in lower case, which is also the scheme of its addresses:
	// "fastcgi".
	Name() string

	// NewConn returns the server side of c. It reads nothing yet and owns c from now on.
	// A nil lim means the defaults.
	NewConn(c net.Conn, lim *Limits) Conn
}

// A Conn yields the requests of one connection. It is used by one goroutine at a time, but for
// Close, which may come at any time and from anywhere.
//
// What a Conn may be besides is found by the interfaces below. A Conn that stands before another
// has a method Unwrap() Conn: Next and Close are then those of the outer one, and the innermost is
// asked for the rest.
type Conn interface {
	// Next returns the next request and the Encoder that answers it. It blocks until the request's
	// variables are whole; the body follows by [Request.Body]. An error with an Encoder is that
	// request's failure: the core answers it and goes on. An error without one ends the connection;
	// io.EOF is a clean end, and [ErrIdle] is none.
	//
	// The caller finishes one request (with Encoder.Close) before it asks for the next, unless the
	// Conn is a [Multiplexer].
	Next(ctx context.Context) (*Request, Encoder, error)

	// Close ends the connection. Where the peer may still be sending, it half-closes and drains
	// within bounds first, so that what was answered arrives.
	Close() error
}

// A Multiplexer is a Conn whose Next may be called again, from another goroutine, while requests
// that it has already given are being served.
//
// Its Next decides by itself when a second reader is worth a goroutine: it calls more, at most once
// for each time it wants another call of Next, and from any goroutine. A connection that carries
// one request at a time thus pays nothing for the ability.
type Multiplexer interface {
	Conn
	Multiplex(more func())
}

// A Watcher is a Conn that can notice that its peer has gone while nobody reads from it. The core
// calls Watch once somebody asks for the end of the request's context; gone must be called at most
// once, from any goroutine, and never after stop has returned.
type Watcher interface {
	Watch(gone func(cause error)) (stop func())
}

// A Refuser is a Conn that answers some requests by itself, as there is no room for them, or as the
// peer takes them back before Next could give them. The core calls TellRefused before the first
// Next; tell is then called for each such request with what is known of it, the status it was
// answered with (0: by nothing that has one) and why, by the goroutine that reads and without a
// lock of the Conn's.
type Refuser interface {
	TellRefused(tell func(r *Request, status int, err error))
}

// An Idler is a Conn that knows whether a request has begun to arrive, so that a shutdown can end
// it at once when none has. CloseIdle closes the connection and reports true only if no request is
// being read or served, nor has come unread as far as the system can tell.
type Idler interface {
	CloseIdle() bool
}

// A Cutter is a Conn whose peer may take a plain end of the connection for that of a whole answer.
// Cut comes before the connection is closed amid the handler's work, from any goroutine, and sends
// what shows the peer that an answer which has begun is not whole. It takes a moment at most.
type Cutter interface {
	Cut()
}

// ErrIdle is what the Next of an [IdleReturner] returns when its connection is idle.
var ErrIdle = errors.New("the connection is idle")

// An IdleReturner is a Conn that need not be kept while its connection is idle, so that thousands
// of idle connections take little memory.
//
// The owner of the net.Conn calls ReturnIdle before the first Next. Without that call Next waits
// for a request as long as Limits allow. After it Next also returns ErrIdle, with no Encoder: when
// it has waited for about the given time, no byte of a request has come and no request is being
// served. The Conn then holds no input and is done with, and is not closed. The net.Conn is open,
// with whatever deadlines it has. Its owner waits for the next byte, and makes a new Conn for it.
//
// Limits.IdleTimeout, or HeadTimeout where no request has come yet, goes on while the owner waits,
// who ends the connection when it is over.
type IdleReturner interface {
	ReturnIdle(after time.Duration)
}

// An Encoder frames one response. It knows no rule of HTTP: the core has settled the status, the
// header's fields and the body's length before it calls. Calls come from one goroutine at a time.
type Encoder interface {
	// WriteHeader frames the head. It is called once, before all else; nothing need reach the peer
	// yet.
	WriteHeader(status int, h http.Header) error

	// Write frames a piece of the body. An empty p writes nothing.
	Write(p []byte) (int, error)

	// Flush sends what has been framed so far.
	Flush() error

	// Close ends the response and sends what is left of it. A non-nil cause means that the response
	// is not whole, and that the peer must be able to see so. Without a preceding WriteHeader
	// nothing of a response is sent.
	Close(cause error) error
}

// What an Encoder may be able to do beyond framing is found by these methods, each optional:
//
//	Hijack() (net.Conn, *bufio.ReadWriter, error)    hands over the connection; see below
//	ReadFrom(r io.Reader) (int64, error)             a body's piece without a copy (sendfile, splice)
//	SetReadDeadline(t time.Time) error               for this request alone
//	SetWriteDeadline(t time.Time) error
//	Stderr() io.Writer                               the protocol's own error stream
//	FullDuplex() error                               nil where the protocol can answer while it reads
//	Serve(w ResponseWriter, r *Request) error        serves this message in place of the handler
//	MakesHead(length int64) bool                     it makes a plain head by itself; see below
//
// Hijack sends what WriteHeader(101, h) has framed, if that was called, and only then. If it fails
// nothing has been sent, and another WriteHeader may follow. Of an Encoder without it the handler's
// writer is no [http.Hijacker].
//
// An Encoder that is a [Handler] is for a message that is none of the handler's requests, such as a
// remote procedure call on a connection that can carry both. It needs no REQUEST_METHOD.
//
// MakesHead is asked in the place of WriteHeader, about a response of status 200 of which the
// handler has set no field, and whose body is whole and of that length, which is not 0. True says
// that the head will be the one that WriteHeader would be given: the type of the body, and its
// length.

// A Handler answers requests. Serve may be called from several goroutines at once.
//
// An error that is returned before anything was sent becomes the status that [Status] finds for it.
// After that the response is marked incomplete in whatever way the protocol has, and the error is
// logged. Neither w nor r.Body may be used after Serve has returned; r.Params and the strings in it
// may be kept.
type Handler interface {
	Serve(w ResponseWriter, r *Request) error
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(w ResponseWriter, r *Request) error

// Serve calls f.
func (f HandlerFunc) Serve(w ResponseWriter, r *Request) error { return f(w, r) }

// A ResponseWriter writes one response. It is an [http.ResponseWriter] and keeps that interface's
// rules; [http.ResponseController] finds the rest: flushing, deadlines, hijacking and full duplex.
// It is an [http.Hijacker] only where it can hijack: over SCGI, uwsgi and HTTP/1. After
// WriteHeader(101) without that the answer is an error.
//
// Where net/http would drop or replace what a handler did wrong, it is an error here: a header with
// a line break in it answers 500, a body shorter than its declared Content-Length marks the
// response incomplete.
type ResponseWriter interface {
	http.ResponseWriter
}

// A RoundTripper is any protocol's client: one request out, one response back. It is safe for
// concurrent use.
type RoundTripper interface {
	// RoundTrip sends r and returns the response once its head has been read. The caller closes the
	// response's Body. The context ends the whole exchange, the body included, but for that of a
	// 101, which the Body's Close ends: it may be called while another reads. r.Body may still be
	// read when RoundTrip has returned, until the response's Body is closed; a Read that waits
	// then, or when RoundTrip fails, is not waited for.
	RoundTrip(ctx context.Context, r *Request) (*Response, error)
}
