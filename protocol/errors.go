package protocol

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// The kinds of error. errors.Is finds the kind of any error of this module that came from a peer.
var (
	// ErrMalformed: the peer sent bytes that its protocol does not allow.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge: a count or size is beyond one of the [Limits], or beyond what the protocol can
	// carry.
	ErrTooLarge = errors.New("too large")
	// ErrUnsupported: well-formed, but nothing that we can serve.
	ErrUnsupported = errors.New("unsupported")
	// ErrNotFound: there is nothing where the request's path leads.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: there is something, and the request's sender may not have it.
	ErrForbidden = errors.New("forbidden")
	// ErrAborted: the peer took its request back, or has gone.
	ErrAborted = errors.New("aborted")
	// ErrUpstream: the backend of a gateway failed, or could not be reached.
	ErrUpstream = errors.New("upstream")
)

// An Error tells what went wrong with one message or exchange. Its text is one line:
//
//	fastcgi: read params: too large: 70000 > 65536 bytes
//	scgi 127.0.0.1:4000: read response: upstream: 5 bytes short of its Content-Length: unexpected EOF
type Error struct {
	Protocol string // "fastcgi"; empty in the core
	Address  string // of the backend on whose connection it happened; empty where Err tells it, too
	Op       string // "read params"
	Kind     error  // one of the seven kinds
	Detail   string // figures or a reason; may be empty
	Err      error  // the cause, if there is one
	Status   int    // the status to answer with; 0 means the kind's own

	// when the client may well ask again, for the answer's Retry-After; 0: nobody knows
	RetryAfter time.Duration

	// Allow is the answer's Allow, with the methods that are taken: "GET, HEAD". A 405 has one (RFC
	// 9110 section 15.5.6). Empty: none.
	Allow string

	// NotSent says that nothing of the request has reached the backend: it could not be connected
	// to, or the connection failed before a byte was written, or the program could not be started.
	// So another backend may be asked, whatever the method, if the body can be had again: a part of
	// it may have been read. False says nothing.
	NotSent bool

	// ResponseBegan says that the backend has answered, with a byte at least. Whoever asks again
	// may then have it done twice, whatever the method. False says nothing.
	ResponseBegan bool

	// Routine says that nothing is wrong but the client's question, as for a file that is not
	// there: the Loop logs it at debug. Access logs have it, by Observe.
	Routine bool
}

func (e *Error) Error() string {
	s := e.Op
	if by := strings.TrimSpace(e.Protocol + " " + e.Address); by != "" {
		s = by + ": " + s
	}
	if e.Kind != nil {
		s += ": " + e.Kind.Error()
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Timeout reports whether e came of a deadline, as net/http's clients ask their errors.
func (e *Error) Timeout() bool { return isTimeout(e.Err) }

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// Exceeds is the detail of an ErrTooLarge: "70000 > 65536 bytes".
func Exceeds(got, limit int64, unit string) string {
	return strconv.FormatInt(got, 10) + " > " + strconv.FormatInt(limit, 10) + " " + unit
}

// statuses is the one table from kinds to statuses.
var statuses = []struct {
	kind   error
	status int
}{
	{ErrMalformed, http.StatusBadRequest},
	{ErrTooLarge, http.StatusRequestEntityTooLarge},
	{ErrUnsupported, http.StatusNotImplemented},
	{ErrNotFound, http.StatusNotFound},
	{ErrForbidden, http.StatusForbidden},
	{ErrUpstream, http.StatusBadGateway},
	{ErrAborted, http.StatusBadRequest},
	{io.ErrUnexpectedEOF, http.StatusBadRequest},
	{context.DeadlineExceeded, http.StatusGatewayTimeout},
}

// Status returns the status with which to answer err: that of the outermost [Error] in its tree,
// which is its Status field or else its kind's; without one, that of the first kind that errors.Is
// finds; else, and for a panic, 500. An upstream that was too slow gives 504.
func Status(err error) int {
	kind := err
	if _, ok := errors.AsType[*PanicError](err); ok {
		return http.StatusInternalServerError
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if e.Status != 0 {
			return e.Status
		}
		kind = e.Kind
	}
	if errors.Is(kind, ErrUpstream) && isTimeout(err) {
		return http.StatusGatewayTimeout
	}
	for _, row := range statuses {
		if errors.Is(kind, row.kind) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// KindOf returns the kind of error that a response of that status tells of: [ErrUpstream] where the
// status does not blame the request.
func KindOf(status int) error {
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		return ErrTooLarge
	case http.StatusGatewayTimeout:
		return ErrUpstream
	}
	for _, row := range statuses {
		if row.status == status {
			return row.kind
		}
	}
	return ErrUpstream
}

// Clip returns at most 80 bytes of a text that a peer has sent, for an error or the log. That it
// was cut shows.
func Clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}

// retryAfter returns the value of err's Retry-After; "" where nobody knows.
func retryAfter(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ""
	}
	return RetrySeconds(e.RetryAfter)
}

// RetrySeconds returns the value of a Retry-After (RFC 9110 section 10.2.3): whole seconds, at
// least one; "" where after is not above 0.
func RetrySeconds(after time.Duration) string {
	if after <= 0 {
		return ""
	}
	return strconv.FormatInt(int64((after-1)/time.Second)+1, 10)
}
