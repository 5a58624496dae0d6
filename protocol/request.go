package protocol

import (
	"context"
	"crypto/tls"
	"io"
	"net"
)

// A Role is what the front asks of an application (FastCGI section 6). Every other protocol knows
// only [Responder].
type Role uint8

// The roles. The zero value is the Responder.
const (
	Responder  Role = iota // answers a request
	Authorizer             // says whether the request may go on, and with which variables
	Filter                 // turns a file, which comes as Request.Data, into a response
)

var roleNames = [...]string{"responder", "authorizer", "filter"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "unknown role"
}

// A Request is its meta-variables and a body. All that HTTP says of it (method, URL, header) is
// derived from Params when it is asked for, and derived anew each time: a handler that asks for
// nothing pays for nothing.
//
// A request that comes in has Body set, also when it is empty; one that goes out may leave it nil.
type Request struct {
	Params Params

	// Body is read to io.EOF, which comes only when all of the body has. A body that is shorter
	// than its CONTENT_LENGTH ends in io.ErrUnexpectedEOF, one that is longer than its limit in an
	// ErrTooLarge.
	Body io.Reader

	// GetBody returns another reader of Body, from its beginning, whatever was read of the others.
	// A client may call it to send the request once more, and closes what it returns if that is an
	// io.Closer. nil: the body can be had once. Who sets another Body sets GetBody too.
	GetBody func() (io.Reader, error)

	// ContentLength is the body's length in bytes; -1 means unknown.
	ContentLength int64

	// Protocol is the name of the protocol that the request came by.
	Protocol string
	// Peer is the other end of the connection: the front, not the client. It may be nil.
	Peer net.Addr

	Role       Role      // FastCGI's role
	Data       io.Reader // FastCGI's DATA stream, for a Filter; else nil
	DataLength int64     // FCGI_DATA_LENGTH, for a Filter

	Modifier1, Modifier2 uint8 // uwsgi's modifiers

	// PathChecked says that somebody before has decided by the request's path what may be had, as
	// rules and mounts do. Who answers must then not serve another path in its place: a script's
	// local redirect is the client's to follow. Copies have it, too.
	PathChecked bool

	tls    *tls.ConnectionState // that net/http's server tells of; nil: none
	ctx    context.Context      // of a copy
	web    *webRequest          // whose variables need not have been made; nil: they are in Params
	end    requestContext       // the context of a request that is being served
	body   body
	answer response
}

// Context returns the request's context. On the side that serves, it ends when the client is gone,
// when the server closes and when Serve has returned; context.Cause tells which. It is never nil.
func (r *Request) Context() context.Context {
	switch {
	case r.end.Parent != nil:
		return &r.end
	case r.ctx != nil:
		return r.ctx
	}
	return context.Background()
}

// RequestFromContext returns the request that is being served with ctx, or nil: so an http.Handler
// finds the variables that have no place in an *http.Request. It is good until Serve has returned.
// Behind net/http's server they are made at the first call, of the header as it is then: a handler
// that changes its request's header should call it before.
func RequestFromContext(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

type requestKey struct{}

// WithContext returns a shallow copy of r with the context ctx: Params, Body and Data are r's own.
// Whoever changes the copy's variables wants Clone.
func (r *Request) WithContext(ctx context.Context) *Request {
	out := r.shallow()
	out.ctx = ctx
	return out
}

// Clone returns a copy of r with the context ctx, as a handler makes one to pass on another request
// than it got. Its Params are its own; Body and Data are streams, which two requests cannot each
// have, and stay r's, to be read by one of them. Where ctx is that of a request that is being
// served, RequestFromContext finds the copy by the copy's context.
func (r *Request) Clone(ctx context.Context) *Request {
	out := r.shallow()
	out.Params = r.Params.Clone()
	out.ctx = out.within(ctx)
	return out
}

// shallow copies r and its context. What serves r stays with it: the end of its context, its body's
// bounds, its answer.
func (r *Request) shallow() *Request {
	return &Request{
		Params: r.Params, Body: r.Body, GetBody: r.GetBody, ContentLength: r.ContentLength, Protocol: r.Protocol, Peer: r.Peer,
		Role: r.Role, Data: r.Data, DataLength: r.DataLength, Modifier1: r.Modifier1, Modifier2: r.Modifier2,
		PathChecked: r.PathChecked, tls: r.tls, ctx: r.Context(),
	}
}

// within returns ctx, by which RequestFromContext finds r if it is that of a request that is being
// served.
func (r *Request) within(ctx context.Context) context.Context {
	if ctx == context.Context(&r.end) {
		return ctx
	}
	if served := RequestFromContext(ctx); served == nil || served == r {
		return ctx
	}
	return context.WithValue(ctx, requestKey{}, r)
}
