package protocol

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// The kinds of error. errors.Is finds the kind of any error of this module that came from a peer.
var (
	// ErrMalformed: the peer sent bytes that its protocol does not allow.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge: a count or size is beyond one of the [Limits], or beyond what the protocol can carry.
	ErrTooLarge = errors.New("too large")
	// ErrUnsupported: well-formed, but nothing that we can serve.
	ErrUnsupported = errors.New("unsupported")
	// ErrAborted: the peer took its request back, or has gone.
	ErrAborted = errors.New("aborted")
	// ErrUpstream: the backend of a gateway failed, or could not be reached.
	ErrUpstream = errors.New("upstream")
)

// An Error tells what went wrong with one message or exchange. Its text is one line:
//
//	fastcgi: read params: too large: 70000 > 65536 bytes
type Error struct {
	Protocol string // "fastcgi"; empty in the core
	Op       string // "read params"
	Kind     error  // one of the five kinds
	Detail   string // figures or a reason; may be empty
	Err      error  // the cause, if there is one
	Status   int    // the status to answer with; 0 means the kind's own
}

func (e *Error) Error() string {
	s := e.Op
	if e.Protocol != "" {
		s = e.Protocol + ": " + s
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

// Exceeds is the detail of an ErrTooLarge: "70000 > 65536 bytes".
func Exceeds(got, limit int64, unit string) string {
	return strconv.FormatInt(got, 10) + " > " + strconv.FormatInt(limit, 10) + " " + unit
}

// statuses is the one table from errors to statuses. The first row that matches wins.
var statuses = []struct {
	err    error
	status int
}{
	{ErrMalformed, http.StatusBadRequest},
	{ErrTooLarge, http.StatusRequestEntityTooLarge},
	{ErrUnsupported, http.StatusNotImplemented},
	{context.DeadlineExceeded, http.StatusGatewayTimeout},
	{ErrUpstream, http.StatusBadGateway},
	{ErrAborted, http.StatusBadRequest},
	{io.ErrUnexpectedEOF, http.StatusBadRequest},
}

// Status returns the status with which to answer err: that of the first [Error] in its tree that has one, else its
// kind's, else 500.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 {
		return e.Status
	}
	for _, row := range statuses {
		if errors.Is(err, row.err) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}
