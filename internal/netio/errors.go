package netio

import (
	"errors"
	"io"
	"strconv"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// HeadError gives an error that came while a request's head was being read its place: that of the
// connection says how far it came, one of our own lacks at most the protocol's name.
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

// largeHead is the size, in bytes, beyond which a request's head may be why a backend closed:
// uWSGI's default, and the least of all.
const largeHead = 4096

// Unanswered adds to the error of a backend that closed without an answer the size, in bytes, of
// the head that it was sent, if that is large, and a hint at what the backend can be told. Other
// errors are returned as they are.
func Unanswered(err error, head int, hint string) error {
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
