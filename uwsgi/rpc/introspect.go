package rpc

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// introspection is what the names of the functions begin with by which callers ask for others.
const introspection = "system."

// find returns the function of that name: a registered one, or one of those that tell of the
// others, which every Registry has. nil: there is none.
func (r *Registry) find(name string) *function {
	f := r.functions()[name]
	if f == nil && strings.HasPrefix(name, introspection) {
		f = r.introspective(name)
	}
	return f
}

// introspective returns a function that tells of the others, as XML-RPC's servers have them.
func (r *Registry) introspective(name string) *function {
	var f Typed
	switch name {
	case "system.listMethods":
		f = Func0(func(context.Context) ([]string, error) { return r.methods(), nil })
	case "system.methodHelp":
		f = Func1(func(_ context.Context, name string) (string, error) {
			if f := r.find(name); f != nil {
				return f.doc.Help, nil
			}
			return "", nobody(name)
		})
	case "system.methodSignature":
		f = Func1(func(_ context.Context, name string) (json.RawMessage, error) {
			f := r.find(name)
			switch {
			case f == nil:
				return nil, nobody(name)
			case f.doc.Signature == nil:
				// as XML-RPC's servers say of one that has none
				return json.RawMessage(`"undef"`), nil
			}
			return json.Marshal([][]string{f.doc.Signature})
		})
		f.Doc.Result, f.Doc.Signature = typeArray, []string{typeArray, typeString}
	default:
		return nil
	}
	f.Doc.Help = introspectionHelp[name]
	return &function{name: name, call: f.Func, uri: "/" + name, doc: f.Doc}
}

var introspectionHelp = map[string]string{
	"system.listMethods":     "the names of all functions",
	"system.methodHelp":      "what a function does, in words",
	"system.methodSignature": "a function's types: that of the result, then those of the arguments",
}

// methods returns the names of all functions, sorted.
func (r *Registry) methods() []string {
	names := slices.Concat(r.Names(), slices.Collect(maps.Keys(introspectionHelp)))
	slices.Sort(names)
	return slices.Compact(names)
}

func nobody(name string) error {
	return Errorf(http.StatusNotFound, "no function %q is registered", protocol.Clip(name))
}
