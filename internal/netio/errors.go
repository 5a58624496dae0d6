package netio

import (
	"errors"
	"io"
	"strconv"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// HeadError adds context to an error from reading a request's head: the protocol's name to a
// *protocol.Error that has none, the number of bytes read to any other error.
func (b *Conn) HeadError(proto string, err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		if e.Protocol == "" {
			e.Protocol = proto
		}
		return err
	}
	detail := "the connection ended after " + strconv.Itoa(len(b.Buffered())) + " bytes"
	return &protocol.Error{Protocol: proto, Op: "read head", Kind: protocol.ErrAborted, Detail: detail, Err: err}
}

// largeHead is the size, in bytes, beyond which a request's head may be why a backend closed. It is
// uWSGI's default for buffer-size, the smallest limit of the backends that we know.
const largeHead = 4096

// ExplainLargeHead adds to the error of a backend that closed without a response the size of the
// request's head, in bytes, and a hint how the backend's limit is set. hint may be empty. Other
// errors, and those after a head of 4,096 bytes or less, are returned as they are.
func ExplainLargeHead(err error, head int, hint string) error {
	if head <= largeHead || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
		return err
	}
	e := &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Err: err}
	if own, ok := err.(*protocol.Error); ok && own.Kind == protocol.ErrUpstream {
		*e = *own
	}
	size := "the request's head was " + strconv.Itoa(head) + " bytes"
	if hint != "" {
		size += ": " + hint
	}
	if e.Detail != "" {
		size = e.Detail + ", " + size
	}
	e.Detail = size
	return e
}
