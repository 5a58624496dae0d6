package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/postern-gateway/postern/protocol"
)

// JSONRPC returns a handler by which JSON-RPC 2.0's clients call r's functions, over any protocol;
// over uwsgi it is there as modifier2 4, too, which uWSGI has only planned. A function gets the
// text of each parameter: of a string what it holds, of null nothing, of others JSON. Parameters by
// name are refused. The result is a string, which must be text, or the value of a [Typed]: a base64
// is a string of it. A failure is an error with a code, also logged by r.Log.
//
// A batch may have 254 calls, which are made one after the other, up to the one with which their
// results are longer than r.MaxStream. A notification has no answer; of notifications alone the
// status is 204.
func (r *Registry) JSONRPC() protocol.Handler { return r.bridge(r.serveJSON) }

func (r *Registry) serveJSON(w protocol.ResponseWriter, req *protocol.Request) error {
	doc, err := r.document(req, "application/json", "application/json-rpc")
	if err != nil {
		return err
	}
	b := r.answerJSON(req, doc)
	if b == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	setHeader(w.Header(), "application/json", int64(len(b)))
	_, err = w.Write(b)
	return err
}

// answerJSON answers a call or a batch. nil: there is no answer.
func (r *Registry) answerJSON(req *protocol.Request, doc []byte) []byte {
	doc = bytes.TrimSpace(doc)
	if err := checkJSON(doc); err != nil {
		return r.jsonAnswer(req, jsonCall{}, nil, &bridgeError{codeNotParsed, err.Error(), err})
	}
	calls := &batch{registry: r, req: req}
	if doc[0] != '[' {
		return calls.answer(doc)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(doc, &list); err != nil {
		return r.jsonAnswer(req, jsonCall{}, nil, &bridgeError{codeNotParsed, err.Error(), err})
	}
	if len(list) == 0 || len(list) > MaxArgs {
		err := errors.New("a batch of " + strconv.Itoa(len(list)) + " calls: 1 to " + strconv.Itoa(MaxArgs) + " are meant")
		return r.jsonAnswer(req, jsonCall{}, nil, &bridgeError{codeInvalid, err.Error(), err})
	}
	var answers [][]byte
	for _, c := range list {
		if b := calls.answer(c); b != nil {
			answers = append(answers, b)
		}
	}
	if answers == nil {
		return nil
	}
	return append(append([]byte("["), bytes.Join(answers, []byte(","))...), ']')
}

// checkJSON refuses what is not JSON, and what is too deep.
func checkJSON(doc []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		}
		// a batch and a call are two more than the values in it
		if depth > maxDepth+3 {
			return errors.New("more than " + strconv.Itoa(maxDepth) + " arrays and objects are in one another")
		}
	}
	switch {
	case !json.Valid(doc):
		return errors.New("the document is not JSON")
	case !utf8.Valid(doc): // package json would put U+FFFD in
		return errors.New("the document is not UTF-8")
	}
	return nil
}

// A jsonCall is one call.
type jsonCall struct {
	Version string
	Method  *string
	Params  json.RawMessage
	ID      json.RawMessage
}

// UnmarshalJSON implements [json.Unmarshaler]. The case of members' names counts (JSON-RPC 2.0
// section 2), as it does not for a struct of encoding/json: who checks a call before us reads the
// same method.
func (c *jsonCall) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	c.Params, c.ID = members["params"], members["id"]
	for name, to := range map[string]any{"jsonrpc": &c.Version, "method": &c.Method} {
		if text, ok := members[name]; ok {
			if err := json.Unmarshal(text, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer answers one call. nil: it is a notification.
func (b *batch) answer(text []byte) []byte {
	r, req := b.registry, b.req
	var c jsonCall
	if err := json.Unmarshal(text, &c); err != nil || c.Version != "2.0" || c.Method == nil || !validID(c.ID) {
		err := errors.New(`a call is {"jsonrpc": "2.0", "method": "...", "params": [...], "id": ...}`)
		if !validID(c.ID) {
			c.ID = nil
		}
		return r.jsonAnswer(req, c, nil, &bridgeError{codeInvalid, err.Error(), err})
	}
	held := b.held
	v, err := b.invokeJSON(*c.Method, c.Params)
	if err != nil {
		r.report(req, *c.Method, err)
	}
	if c.ID == nil {
		b.held = held
		return nil
	}
	return r.jsonAnswer(nil, c, v, err)
}

// validID reports whether an id is a string, a number, null, or not there.
func validID(id json.RawMessage) bool {
	return len(id) == 0 || id[0] != '{' && id[0] != '[' && id[0] != 't' && id[0] != 'f'
}

// jsonAnswer makes an answer. It logs err if req is given.
func (r *Registry) jsonAnswer(req *protocol.Request, c jsonCall, v json.RawMessage, err *bridgeError) []byte {
	if err != nil && req != nil {
		r.report(req, "", err)
	}
	answer := struct {
		Version string          `json:"jsonrpc"`
		Result  json.RawMessage `json:"result,omitempty"`
		Error   any             `json:"error,omitempty"`
		ID      json.RawMessage `json:"id"`
	}{Version: "2.0", Result: v, ID: c.ID}
	if answer.ID == nil {
		answer.ID = json.RawMessage("null")
	}
	if err != nil {
		answer.Error = struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		}{err.code, err.text}
	}
	b, merr := json.Marshal(answer)
	if merr != nil { // the parts are JSON
		panic(merr)
	}
	return b
}

// invokeJSON calls a function with parameters in JSON, and returns its result in JSON.
func (b *batch) invokeJSON(name string, params json.RawMessage) (json.RawMessage, *bridgeError) {
	var list []json.RawMessage
	if len(params) > 0 && json.Unmarshal(params, &list) != nil {
		err := errors.New("params must be an array: the parameters have no names")
		return nil, &bridgeError{codeParams, err.Error(), err}
	}
	args := make([][]byte, len(list))
	for i, p := range list {
		args[i] = jsonArgument(p)
	}
	f, result, err := b.invoke(name, args)
	if err != nil {
		return nil, bridged(err)
	}
	v, err := f.json(result)
	if err != nil {
		return nil, &bridgeError{codeInternal, err.Error(), failed(name, err)}
	}
	return v, nil
}

// jsonArgument returns the bytes that a function gets of a parameter.
func jsonArgument(p json.RawMessage) []byte {
	var text string
	switch {
	case len(p) > 0 && p[0] == '"':
		if json.Unmarshal(p, &text) == nil {
			return []byte(text)
		}
	case string(p) == "null":
		return nil
	}
	var compact bytes.Buffer
	if json.Compact(&compact, p) != nil {
		return p
	}
	return compact.Bytes()
}

// json returns a result in JSON.
func (f *function) json(b []byte) (json.RawMessage, error) {
	if f.doc.Typed {
		if f.isNil(b) {
			return json.RawMessage("null"), nil
		}
		switch f.doc.Result {
		case typeBase64:
			return json.Marshal(b)
		case typeInt, typeLong, typeDouble, typeBool, typeArray, typeStruct:
			if !json.Valid(b) {
				return nil, errors.New("the result is not of the type that the function declares")
			}
			return b, nil
		}
	}
	if !utf8.Valid(b) {
		return nil, errors.New("the result is no text, which JSON cannot have: declare it base64")
	}
	return json.Marshal(string(b))
}
