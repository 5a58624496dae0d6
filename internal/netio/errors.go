package netio

import (
	"context"
	"errors"
	"io"
	"net"
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

// explainLargeHead adds to the error of a backend that closed without a response the size of the
// request's head, in bytes, and a hint how the backend's limit is set. hint may be empty. Other
// errors, and those after a head of 4,096 bytes or less, are returned as they are.
func explainLargeHead(err error, head int, hint string) error {
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

// wrapError makes an error of op a *protocol.Error. If the context has ended its cause is the
// error: ErrUpstream after a timeout, else ErrAborted. Any other is ErrUpstream.
func wrapError(ctx context.Context, proto, op string, err error) error {
	e := &protocol.Error{Protocol: proto, Op: op, Kind: protocol.ErrUpstream, Err: err}
	if cause := context.Cause(ctx); cause != nil {
		if e.Err = cause; !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			e.Kind = protocol.ErrAborted
		}
		return e
	}
	if own, ok := err.(*protocol.Error); ok && own.Kind == protocol.ErrUpstream {
		*e = *own
		e.Protocol = proto
	}
	return e
}

// withAddress adds a backend's address to an error of wrapError, unless it is of package net, whose
// errors have the address, or the backend has none, as the end of a pipe.
func withAddress(err error, a net.Addr) error {
	e, ok := err.(*protocol.Error)
	if _, told := errors.AsType[*net.OpError](err); !ok || told {
		return err
	}
	switch a := a.(type) {
	case *net.TCPAddr:
		e.Address = a.String()
	case *net.UnixAddr:
		if a.Name != "@" { // of a socket pair
			e.Address = a.Name
		}
	}
	return e
}

// withProgress returns err with its NotSent and ResponseBegan set as told. Its own error stays as
// it is, for it may be somebody else's too.
func withProgress(err error, notSent, responseBegan bool) error {
	e, ok := err.(*protocol.Error)
	if !ok || e.NotSent == notSent && e.ResponseBegan == responseBegan {
		return err
	}
	own := *e
	own.NotSent, own.ResponseBegan = notSent, responseBegan
	return &own
}
