package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// DefaultMaxBody bounds a document of the bridges, in bytes: see [Registry.MaxBody].
const DefaultMaxBody = 1 << 20

// The codes of faults and errors ("Specification for Fault Code Interoperability", and JSON-RPC 2.0
// section 5.1).
const (
	codeNotParsed = -32700
	codeInvalid   = -32600
	codeNoMethod  = -32601
	codeParams    = -32602
	codeInternal  = -32603
	codeFailed    = -32500 // of the function
	codeSystem    = -32400 // too much runs, or a time is over
)

// A bridgeError is a failure with its code.
type bridgeError struct {
	code int
	text string
	err  error // for the log
}

func (e *bridgeError) Error() string { return e.err.Error() }

// bridged makes err, of a call, a failure with a code.
func bridged(err error) *bridgeError {
	e := &bridgeError{code: codeFailed, text: toCaller(err), err: err}
	status := protocol.Status(err)
	own, ok := errors.AsType[*Error](err)
	_, panicked := errors.AsType[*protocol.PanicError](err)
	switch {
	case ok && own.Code != 0:
		e.code = own.Code
	case panicked:
		e.code = codeInternal
	case status == http.StatusNotFound:
		e.code = codeNoMethod
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge:
		e.code = codeParams
	case status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		e.code = codeSystem
	}
	if e.text == "" {
		e.text = strconv.Itoa(status) + " " + http.StatusText(status)
	}
	return e
}

// A batch is the calls of one document, whose results are held until all of them are there.
type batch struct {
	registry *Registry
	req      *protocol.Request
	held     int64 // bytes of results
}

// invoke calls a function for a document, and returns it with its result.
func (b *batch) invoke(name string, args [][]byte) (f *function, result []byte, err error) {
	if err := checkCall(name, args); err != nil {
		return nil, nil, named(name, err)
	}
	if f = b.registry.find(name); f == nil {
		return nil, nil, unknown(name)
	}
	if limit := b.registry.maxStream(); b.held > limit {
		return nil, nil, named(name, tooLong(b.held, limit))
	}
	kept := &keptAnswer{registry: b.registry}
	err = b.registry.run(b.req, f, args, kept, new(callContext))
	b.held += int64(len(kept.result))
	return f, kept.result, err
}

// A keptAnswer keeps a result.
type keptAnswer struct {
	registry *Registry
	result   []byte
}

func (a *keptAnswer) answer(b []byte, stream io.Reader, length int64) (err error) {
	if stream == nil {
		a.result = bytes.Clone(b) // it may be a part of the arguments, whose room is used again
		return nil
	}
	a.result, err = a.registry.readAll(context.Background(), func(context.Context, [][]byte) (io.Reader, int64, error) {
		return struct{ io.Reader }{stream}, length, nil
	}, nil)
	return err
}

// invokeValue calls a function with values, and returns its result as one.
func (b *batch) invokeValue(name string, params []any) (any, *bridgeError) {
	args, err := argumentsOf(params)
	if err != nil {
		return nil, &bridgeError{codeParams, err.Error(), err}
	}
	f, result, err := b.invoke(name, args)
	if err != nil {
		return nil, bridged(err)
	}
	v, err := f.value(result)
	if err != nil {
		return nil, &bridgeError{codeInternal, "the result is not of the type that the function declares", failed(name, err)}
	}
	return v, nil
}

// document checks a request for a bridge and reads its document.
func (r *Registry) document(req *protocol.Request, types ...string) ([]byte, error) {
	if err := checkPost(req); err != nil {
		return nil, err
	}
	if !acceptable(req.Params.Get("CONTENT_TYPE"), req.Params.Get("HTTP_ORIGIN") != "", types) {
		return nil, &protocol.Error{Protocol: req.Protocol, Op: "rpc", Kind: protocol.ErrUnsupported, Status: http.StatusUnsupportedMediaType,
			Detail: "CONTENT_TYPE " + strconv.Quote(protocol.Clip(req.Params.Get("CONTENT_TYPE"))) + " where " + strings.Join(types, " or ") + " is meant"}
	}
	limit := limitOf(r.MaxBody, DefaultMaxBody)
	if req.ContentLength > limit {
		return nil, tooLarge(req.ContentLength, limit, "bytes of a document")
	}
	b, err := readWithin(req.Body, limit)
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > limit:
		return nil, tooLarge(int64(len(b)), limit, "bytes of a document")
	}
	return bytes.TrimPrefix(b, []byte("\ufeff")), nil // .NET's clients begin UTF-8 so
}

// checkPost refuses every method but POST: what is called may change something, which GET and HEAD
// must not (RFC 9110 section 9.2.1). A packet of uwsgi need not have one.
func checkPost(req *protocol.Request) error {
	m := req.Method()
	if m == "" || m == http.MethodPost {
		return nil
	}
	return &protocol.Error{Protocol: req.Protocol, Op: "rpc", Kind: protocol.ErrUnsupported, Status: http.StatusMethodNotAllowed, Allow: http.MethodPost,
		Detail: "method " + strconv.Quote(protocol.Clip(m)) + " where POST is meant"}
}

// acceptable reports whether a document of that type is taken. A page of another site can have a
// browser send one without a type, or of some others, but none of ours, without asking.
func acceptable(contentType string, fromBrowser bool, types []string) bool {
	if contentType == "" {
		return !fromBrowser
	}
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	for _, want := range types {
		if t == want {
			return true
		}
	}
	return false
}

// bridge makes f, which answers a document, a handler for the peers that may call.
func (r *Registry) bridge(f func(w protocol.ResponseWriter, req *protocol.Request) error) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, req *protocol.Request) error {
		if r.Allow != nil && !r.Allow(req.Peer) {
			return notAllowed()
		}
		return f(w, req)
	})
}

// maxLines is how many failures of the bridges are logged in a second.
const maxLines = 100

// report logs a failure that the caller gets with status 200, which the core does not.
func (r *Registry) report(req *protocol.Request, name string, err *bridgeError) {
	log := r.Log
	if log == nil {
		log = slog.Default()
	}
	ok, unlogged := r.lines.Allow(maxLines)
	if !ok {
		return
	}
	level := slog.LevelWarn
	switch {
	case errors.Is(err.err, protocol.ErrAborted): // by whoever has called
		level = slog.LevelInfo
	case err.code == codeFailed, err.code == codeInternal:
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.Any("err", err), slog.String("function", protocol.Clip(name)), slog.Int("code", err.code)}
	if req.Peer != nil {
		attrs = append(attrs, slog.String("peer", req.Peer.String()))
	}
	if p, ok := errors.AsType[*protocol.PanicError](err.err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	if unlogged > 0 {
		attrs = append(attrs, slog.Int("unlogged", unlogged))
	}
	log.LogAttrs(req.Context(), level, "call failed", attrs...)
}
