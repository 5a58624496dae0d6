package rpc

import (
	"errors"

	"github.com/postern-gateway/postern/protocol"
)

// XMLRPC returns a handler by which XML-RPC's clients call r's functions, over any protocol; over
// uwsgi it is there as modifier2 3, too. A function gets the text of each parameter: of an int,
// a boolean, a double and a time what [Encode] makes of it, of a base64 its bytes, of an array or a
// struct JSON. Its result is a string, or a base64 where it is no text; that of a [Typed] is the
// value of its type. A failure is a fault with a code, also logged by r.Log.
//
// A document may have r.MaxBody bytes, and 32 arrays and structs in one another; it may declare
// nothing, entities least of all. system.multicall calls several functions, one after the other, up
// to the one with which their results are longer than r.MaxStream.
func (r *Registry) XMLRPC() protocol.Handler { return r.bridge(r.serveXML) }

// multicall is the function that calls others. It cannot call itself.
const multicall = "system.multicall"

func (r *Registry) serveXML(w protocol.ResponseWriter, req *protocol.Request) error {
	doc, err := r.document(req, "text/xml", "application/xml")
	if err != nil {
		return err
	}
	x := newXMLReader(doc)
	name, params, err := x.call()
	if err == nil {
		err = x.done()
	}
	var v any
	var fault *bridgeError
	calls := &batch{registry: r, req: req}
	switch {
	case errors.Is(err, errNotXML):
		fault = &bridgeError{codeNotParsed, err.Error(), err}
	case err != nil:
		fault = &bridgeError{codeInvalid, err.Error(), err}
	case name == multicall && r.find(name) == nil:
		v, fault = calls.multicall(params)
	default:
		v, fault = calls.invokeValue(name, params)
	}
	b := []byte("<?xml version=\"1.0\"?>\n<methodResponse>")
	if fault != nil {
		r.report(req, name, fault)
		b = append(appendValue(append(b, "<fault>"...), fault.value()), "</fault>"...)
	} else {
		b = append(appendValue(append(b, "<params><param>"...), v), "</param></params>"...)
	}
	b = append(b, "</methodResponse>\n"...)
	setHeader(w.Header(), "text/xml; charset=utf-8", int64(len(b)))
	_, err = w.Write(b)
	return err
}

// value returns the struct of a fault.
func (e *bridgeError) value() any {
	return map[string]any{"faultCode": int64(e.code), "faultString": e.text}
}

// multicall calls several functions. The result of each is in an array of its own, and a failure a
// fault's struct.
func (b *batch) multicall(params []any) (any, *bridgeError) {
	if len(params) != 1 {
		return nil, badMulticall("one array is meant")
	}
	calls, ok := params[0].([]any)
	if !ok {
		return nil, badMulticall("an array is meant")
	}
	if len(calls) > MaxArgs {
		return nil, badMulticall(protocol.Exceeds(int64(len(calls)), MaxArgs, "calls in one"))
	}
	answers := make([]any, len(calls))
	for i, c := range calls {
		name, args, err := multicalled(c)
		var v any
		if err == nil {
			v, err = b.invokeValue(name, args)
		}
		if err != nil {
			b.registry.report(b.req, name, err)
			answers[i] = err.value()
			continue
		}
		answers[i] = []any{v}
	}
	return answers, nil
}

// multicalled reads one call of several.
func multicalled(c any) (name string, params []any, err *bridgeError) {
	m, _ := c.(map[string]any)
	name, isName := m["methodName"].(string)
	params, isList := m["params"].([]any)
	switch {
	case !isName || !isList:
		return name, nil, badMulticall("a call is a struct of methodName and params")
	case name == multicall:
		return name, nil, badMulticall("it cannot call itself")
	}
	return name, params, nil
}

func badMulticall(detail string) *bridgeError {
	err := errors.New(multicall + ": " + detail)
	return &bridgeError{codeParams, err.Error(), err}
}

// notAllowed is the error of a peer that may not call.
func notAllowed() error {
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc", Kind: protocol.ErrForbidden, Detail: "the peer is not in the list of those who may call"}
}
