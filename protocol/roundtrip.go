package protocol

import (
	"io"
	"net/http"
)

// A Response is what a backend answered: a head and a body.
type Response struct {
	// Status is the final status: that of the status line or the Status field, 302 for a lone
	// Location, else 200.
	Status int
	// Header holds the fields of the head, and is the caller's. Status is among them only where the
	// status is one that net/http has no phrase for, and the backend has: "299 Mostly Fine". A
	// handler that sets such a Status beside its WriteHeader has that phrase sent.
	Header http.Header
	// Body is never nil. It ends in io.EOF only if the protocol says that the response is whole;
	// any other end is an ErrUpstream. Close ends the exchange at once, whatever is still unread;
	// it may be called twice.
	Body io.ReadCloser
}
