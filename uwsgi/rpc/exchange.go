package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

// An exchange is one call on its way to one node or several.
type exchange struct {
	client *Client
	ctx    context.Context
	to     taker    // of the result
	result buffered // where that is for memory
	name   string
	lim    protocol.Limits
	packet []byte

	conn    net.Conn
	timeout netio.ResponseDeadline
}

// attempt makes the call on a new connection. A nil dial is none.
func (x *exchange) attempt(dial func(context.Context) (net.Conn, error)) (err error) {
	if dial == nil {
		return x.failed("connect", errors.New("there is no node"), true)
	}
	x.timeout = netio.ResponseDeadline{}
	if x.conn, err = dial(x.ctx); err != nil {
		return x.failed("connect", err, true)
	}
	defer x.conn.Close()
	if x.ctx.Done() != nil {
		conn := x.conn
		defer context.AfterFunc(x.ctx, func() { conn.Close() })()
	}
	if x.lim.WriteTimeout > 0 {
		x.conn.SetWriteDeadline(netio.After(x.lim.WriteTimeout))
	}
	if n, err := x.conn.Write(x.packet); err != nil && n < len(x.packet) {
		if refusal := x.refusal(err); refusal != nil {
			return refusal
		}
		return x.failed("write", err, true) // a part of a packet calls nothing
	}
	x.timeout.Start(x.conn, &x.lim)
	if x.client.Raw {
		return x.readRaw()
	}
	return x.readAnswer()
}

// refusalTime is how long an answer may take to arrive that a node has sent before it closed.
const refusalTime = time.Second

// refusal returns what a node has answered that did not read the whole call, where it says why.
func (x *exchange) refusal(err error) error {
	if netio.IsTimeout(err) {
		return nil
	}
	x.conn.SetReadDeadline(netio.After(refusalTime))
	if own, ok := errors.AsType[*Error](x.readAnswer()); ok {
		return own
	}
	return nil
}

// readAnswer reads an answer that is a packet.
func (x *exchange) readAnswer() error {
	first := bufpool.KiB4.Get()
	defer bufpool.KiB4.Put(first)
	buf := first[:0]
	for {
		if len(buf) == cap(buf) {
			if len(buf) > uwsgi.HeaderSize+uwsgi.MaxBlock {
				return x.failed("read answer", tooLarge(len(buf), uwsgi.HeaderSize+uwsgi.MaxBlock, "bytes before the result"), false)
			}
			buf = slices.Grow(buf, len(buf))
		}
		got, rerr := x.conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+got]
		length, n, err := consumeAnswer(buf)
		switch own, _ := errors.AsType[*Error](err); {
		case own != nil:
			own.name = x.name
			return own
		case err != nil:
			return x.failed("read answer", err, false)
		case n > 0:
			return x.readResult(buf[n:], length)
		case rerr == io.EOF && len(buf) == 0:
			return x.failed("read answer", ErrNoAnswer, false)
		case rerr != nil:
			return x.failed("read answer", unexpected(rerr), false)
		}
	}
}

// readResult reads a result of length bytes that begins with first. What is behind it is left.
func (x *exchange) readResult(first []byte, length int64) error {
	if limit := x.client.maxAnswer(); length > limit {
		return x.failed("read answer", &protocol.Error{Op: "read result", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(length, limit, "bytes")}, false)
	}
	got := min(int64(len(first)), length)
	if err := x.to.begin(first[:got], length); err != nil {
		return x.failed("take result", err, false)
	}
	for got < length {
		x.timeout.Piece()
		n, err := x.to.readFrom(x.conn, length-got)
		got += int64(n)
		if err != nil && got < length {
			short := &protocol.Error{Op: "read result", Kind: protocol.ErrUpstream, Err: unexpected(err), Detail: protocol.Exceeds(length, got, "bytes that came")}
			return x.failed("read answer", short, false)
		}
	}
	return nil
}

// readRaw reads a result that ends with the connection.
func (x *exchange) readRaw() error {
	limit := x.client.maxAnswer()
	if err := x.to.begin(nil, 0); err != nil {
		return x.failed("take result", err, false)
	}
	for got := int64(0); ; {
		n, err := x.to.readFrom(x.conn, oneMore(limit-got))
		got += int64(n)
		switch {
		case got > limit:
			return x.failed("read answer", &protocol.Error{Op: "read result", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(got, limit, "bytes")}, false)
		case err == io.EOF && got == 0:
			return x.failed("read answer", ErrNoAnswer, false)
		case err == io.EOF:
			return nil
		case err != nil:
			return x.failed("read answer", err, false)
		}
		x.timeout.Piece()
	}
}

// bufferSize is uWSGI's default for buffer-size, which bounds a packet without its header.
const bufferSize = 4096

// failed makes err, which op met, the error of the call.
func (x *exchange) failed(op string, err error, notSent bool) error {
	e := &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(x.name)) + ": " + op, Kind: protocol.ErrUpstream, Err: x.timeout.Explain(err), NotSent: notSent}
	if size := len(x.packet) - uwsgi.HeaderSize; size > bufferSize && (errors.Is(err, ErrNoAnswer) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)) {
		e.Detail = "the call has " + strconv.Itoa(size) + " bytes: uWSGI takes 4096 unless its buffer-size says more"
	}
	if cause := context.Cause(x.ctx); cause != nil {
		if e.Err = cause; !errors.Is(x.ctx.Err(), context.DeadlineExceeded) {
			e.Kind = protocol.ErrAborted
		}
	}
	return e
}

// unexpected makes the end of a connection one that comes too early.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
