package fastcgi

import (
	"net/http"

	"github.com/postern-gateway/postern/protocol"
)

func malformed(op, detail string) error { return fail(protocol.ErrMalformed, op, detail, nil) }

func tooLarge(op string, got, limit int64, unit string) error {
	return fail(protocol.ErrTooLarge, op, protocol.Exceeds(got, limit, unit), nil)
}

// headTooLarge is an error that people see as 431.
func headTooLarge(got, limit int64, unit string) error {
	return &protocol.Error{Protocol: Name, Op: "read params", Kind: protocol.ErrTooLarge,
		Detail: protocol.Exceeds(got, limit, unit), Status: http.StatusRequestHeaderFieldsTooLarge}
}

func fail(kind error, op, detail string, cause error) error {
	return &protocol.Error{Protocol: Name, Op: op, Kind: kind, Detail: detail, Err: cause}
}
