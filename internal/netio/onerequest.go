package netio

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/postern-gateway/postern/protocol"
)

// A Format says how a protocol whose connections carry one request puts it on the wire. It is not
// changed once a connection uses it.
type Format struct {
	Protocol string            // its name
	Head     protocol.HeadForm // of a response
	// ReadHead reads a request's head from c into r, up to the body. It may return ErrAnswered.
	ReadHead func(c *OneRequest, r *protocol.Request) error
}

// ErrAnswered is returned by a ReadHead that has read a message that is not a request, and has put
// the answer into the output buffer. The connection ends with that answer.
var ErrAnswered = errors.New("not a request")

// A OneRequest is the server's side of a connection that carries one request. The request's body
// follows the head without any framing, and the response ends with the connection. It implements
// [protocol.Conn], [protocol.Watcher], [protocol.Idler] and [protocol.Cutter].
type OneRequest struct {
	Conn
	Encoder Encoder

	// Own is the protocol's, which may set it before the first Next, for its ReadHead.
	Own any
	// Respond is what answers the request. A ReadHead may set it; nil: Encoder.
	Respond protocol.Encoder

	format  *Format
	keep    Keep
	request protocol.Request
	body    Body
	given   bool // Next has returned the request
}

// NewOneRequest returns the server's side of c. A nil lim means the defaults.
func NewOneRequest(c net.Conn, lim *protocol.Limits, f *Format) *OneRequest {
	o := &OneRequest{format: f}
	o.Init(c, lim)
	o.KeepInput(&o.keep)
	o.body.Conn = &o.Conn
	o.Encoder = Encoder{Conn: &o.Conn, Body: &o.body, Form: f.Head}
	return o
}

// Next implements [protocol.Conn].
func (o *OneRequest) Next(context.Context) (*protocol.Request, protocol.Encoder, error) {
	if o.given {
		o.Free()
		return nil, nil, io.EOF
	}
	o.given = true
	if err := o.Wait(); err != nil {
		return nil, nil, err
	}
	r := &o.request
	r.Body, r.Protocol, r.Peer = &o.body, o.format.Protocol, o.RemoteAddr()
	o.Encoder.Request = r
	err := o.format.ReadHead(o, r)
	if o.Respond == nil {
		o.Respond = &o.Encoder
	}
	switch err {
	case nil:
		o.body.Expect(r.ContentLength)
		if o.Respond != &o.Encoder && r.ContentLength == 0 && len(o.Buffered()) > 0 {
			o.body.Expect(-1) // what has no body has more behind it, which is to be drained
		}
		return r, o.Respond, nil
	case ErrAnswered:
		return nil, nil, o.endAnswered()
	default:
		o.body.Expect(-1) // whatever still comes is to be drained
		return r, o.Respond, o.HeadError(o.format.Protocol, err)
	}
}

// endAnswered sends the answer to a message that was not a request.
func (o *OneRequest) endAnswered() error {
	err := o.Flush()
	o.Free()
	if err != nil {
		return err
	}
	return io.EOF
}

// Close implements [protocol.Conn].
func (o *OneRequest) Close() error { return o.Finish() }
