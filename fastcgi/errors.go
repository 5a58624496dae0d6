package fastcgi

import "github.com/postern-gateway/postern/protocol"

func malformed(op, detail string) error { return fail(protocol.ErrMalformed, op, detail, nil) }

func tooLarge(op string, got, limit int64, unit string) error {
	return fail(protocol.ErrTooLarge, op, protocol.Exceeds(got, limit, unit), nil)
}

func fail(kind error, op, detail string, cause error) error {
	return &protocol.Error{Protocol: Name, Op: op, Kind: kind, Detail: detail, Err: cause}
}
