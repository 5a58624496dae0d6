package cgi

import (
	"context"
	"net/http"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// name is the protocol's.
const name = "cgi"

// refused is a request that maps to no script, or that no environment can hold.
func refused(status int, detail string) error {
	return &protocol.Error{Protocol: name, Op: "map request", Kind: kindOf(status), Detail: detail, Status: status}
}

// kindOf is the kind of an error that is answered with the status: what is not the request's fault
// is the script's side's.
func kindOf(status int) error {
	switch status {
	case http.StatusBadRequest:
		return protocol.ErrMalformed
	case http.StatusForbidden:
		return protocol.ErrForbidden
	case http.StatusNotFound:
		return protocol.ErrNotFound
	}
	return protocol.ErrUpstream
}

// timedOut is a script that took too long. The front hears 504.
func timedOut(script, what string, limit time.Duration) error {
	return &protocol.Error{Protocol: name, Op: "run " + script, Kind: protocol.ErrUpstream, Status: http.StatusGatewayTimeout,
		Detail: "more than " + limit.String() + " " + what, Err: context.DeadlineExceeded}
}

// aborted is a request whose context has ended.
func aborted(script string, cause error) error {
	return &protocol.Error{Protocol: name, Op: "run " + script, Kind: protocol.ErrAborted, Err: cause}
}
