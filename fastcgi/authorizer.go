package fastcgi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// variablePrefix begins the fields by which an Authorizer that answers 200 gives variables to the
// requests that follow (section 6.3).
const variablePrefix = "Variable-"

// SetVariable has an Authorizer's answer give a variable to the request that it allows: the front
// adds it to those of the requests that follow. The name is sent in upper case.
func SetVariable(h http.Header, name, value string) { h.Set(variablePrefix+name, value) }

// Variables returns the variables of an Authorizer's answer in the order of their names. Names are
// returned in upper case, because header fields do not keep their case.
func Variables(h http.Header) protocol.Params {
	var params protocol.Params
	for name, values := range h {
		if rest, ok := strings.CutPrefix(name, variablePrefix); ok {
			for _, v := range values {
				params.Add(strings.ToUpper(rest), v)
			}
		}
	}
	slices.SortStableFunc(params, func(a, b protocol.Param) int { return strings.Compare(a.Name, b.Name) })
	return params
}

// upperVariables returns h with the names of its variables in upper case. In an environment Foo and
// FOO are two variables; as header fields they are one.
func upperVariables(h http.Header) http.Header {
	upper := make(http.Header, len(h))
	for name, values := range h {
		if rest, ok := strings.CutPrefix(name, variablePrefix); ok {
			name = variablePrefix + strings.ToUpper(rest)
		}
		upper[name] = values
	}
	return upper
}
