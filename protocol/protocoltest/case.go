package protocoltest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/postern-gateway/postern/protocol"
)

// A testCase is one promise of the contract.
type testCase struct {
	name    string
	want    string // a sentence: what is expected
	handler protocol.Handler
	check   func(x *trial)

	needs Feature        // what the pair must have for check
	else_ func(x *trial) // what is expected of a pair that has it not; never nil where needs is set
	why   string         // why a pair may lack it

	// check needs connections that it can touch; a pair of processes has none, and runs else_
	wires bool

	// the handler leaves a goroutine behind, which ends with a process: a pair of scripts runs
	// else_
	outlives bool

	observed bool // check looks at what is told of its requests: see trial.report

	limits *protocol.Limits // the server's
	client *protocol.Limits // the client's
}

// cases are all cases, in the order in which a reader would learn the contract.
var cases = slices.Concat(
	statusCases, bodilessCases, headCases, refusedHeadCases, entityCases,
	requestCases, fieldCases, variableCases, valueCases, urlCases,
	bodyCases, lengthCases, spoolCases, bulkCases, streamCases, controlCases,
	errorCases, panicCases, observeCases, contextCases, vanishCases, lateCases,
	connectionCases, wireCases, hijackCases, webCases,
)

// Handler returns the handler and the limits of the case of that name, for a child process that
// serves one request of it. An unknown name panics.
func Handler(name string) (protocol.Handler, *protocol.Limits) {
	for i := range cases {
		if cases[i].name == name {
			return cases[i].handler, cases[i].limits
		}
	}
	panic(fmt.Sprintf("protocoltest: no case %q", name))
}

// Names returns the names of all cases.
func Names() []string {
	names := make([]string, len(cases))
	for i := range cases {
		names[i] = cases[i].name
	}
	return names
}

// native is a native handler that cannot fail.
func native(f func(w protocol.ResponseWriter, r *protocol.Request)) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		f(w, r)
		return nil
	})
}

// failing is a native handler that returns an error.
func failing(f func(w protocol.ResponseWriter, r *protocol.Request) error) protocol.Handler {
	return protocol.HandlerFunc(f)
}

// web is a net/http handler.
func web(f http.HandlerFunc) protocol.Handler { return protocol.FromHTTP(f) }
