package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// An explanation says what rules do with one request.
type explanation struct {
	out     io.Writer
	request *protocol.Request

	header http.Header // of the answer
	status int
	bytes  int64

	with  []string    // what rules have changed of the request that went there
	to    string      // where the request went; empty: rules have answered
	taken atomic.Bool // a function was taken to say next
}

// explain tries the rules, and writes a line of each and one of what it did.
func (e *explanation) explain(t *route.Table, rules []route.Rule) error {
	fmt.Fprintf(e.out, "%s %s for %s\n", e.request.Method(), e.request.RequestURI(), e.request.Host())
	e.header = make(http.Header)
	turn, ended := 0, false
	err := t.Explain(e, e.request, func(s route.Step) {
		e.leftOut(rules[turn:s.Index], "passed over")
		turn, ended = s.Index+1, s.Err != nil || s.Result != route.Next
		fmt.Fprintf(e.out, "%v: %s\n    %s\n", s.Rule.At, s.Rule.Text, became(s))
	})
	reason := "passed over"
	if ended {
		reason = "not reached"
	}
	e.leftOut(rules[turn:], reason)
	return e.conclude(err)
}

// leftOut tells of rules that had no turn.
func (e *explanation) leftOut(rules []route.Rule, why string) {
	for i := range rules {
		fmt.Fprintf(e.out, "%v: %s\n    %s\n", rules[i].At, rules[i].Text, why)
	}
}

// became says what became of a rule.
func became(s route.Step) string {
	switch {
	case s.Rule.Label != "" && s.Rule.Do == nil:
		return "a label"
	case s.Err != nil && s.Did == "":
		return "failed: " + s.Err.Error()
	case s.Err != nil:
		return "met: " + s.Did + "; failed: " + s.Err.Error()
	case !s.Met:
		return "not met"
	case s.Did == "":
		return "met: " + s.Result.String()
	}
	return "met: " + s.Did + "; " + s.Result.String()
}

// conclude says what came of the request.
func (e *explanation) conclude(err error) error {
	if e.taken.Load() {
		fmt.Fprintln(e.out, "Functions were not called, and are taken to say \"next\": --answer FUNCTION=TEXT says otherwise, --run calls them.")
	}
	switch {
	case errors.Is(err, http.ErrAbortHandler):
		fmt.Fprintln(e.out, "The request is closed without an answer.")
	case err != nil && e.status == 0:
		fmt.Fprintf(e.out, "The answer is %d %s.\n", protocol.Status(err), http.StatusText(protocol.Status(err)))
	case err != nil:
		fmt.Fprintln(e.out, "The answer is cut.")
	case e.to != "" && e.status == 0:
		fmt.Fprintf(e.out, "The request goes on to %s%s.\n", e.to, strings.Join(e.with, ""))
	default:
		if e.status == 0 {
			e.status = http.StatusOK
		}
		fmt.Fprintf(e.out, "The answer is %d %s, of %d bytes.\n", e.status, http.StatusText(e.status), e.bytes)
	}
	return nil
}

// sentOn is the handler of a backend to which nothing is sent: see [endpoint.Backends].
func (e *explanation) sentOn(_ *endpoint.Client, url string) protocol.Handler { return e.goesTo(url) }

// served is the handler of what is served in this process: nothing is.
func (e *explanation) served(_ *endpoint.Handler, url string) protocol.Handler { return e.goesTo(url) }

// modified is what serves requests of modifiers in this process, as by says: nothing is called.
func (e *explanation) modified(by func(modifier1, modifier2 uint8) protocol.Handler) func(modifier1, modifier2 uint8) protocol.Handler {
	return func(modifier1, modifier2 uint8) protocol.Handler {
		if by(modifier1, modifier2) == nil {
			return nil
		}
		return e.goesTo("the functions of this process")
	}
}

// goesTo notes where a request goes.
func (e *explanation) goesTo(url string) protocol.Handler {
	return protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
		e.to = url
		e.changed(r)
		return nil
	})
}

// behind is the handler behind the rules; nil is one to which nothing is sent.
func (e *explanation) behind(h protocol.Handler) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		e.to = "the backend"
		if e.changed(r); h == nil {
			return nil
		}
		return h.Serve(w, r)
	})
}

// changed notes what rules have changed of the request.
func (e *explanation) changed(r *protocol.Request) {
	for name, value := range r.Params.All() {
		if was, ok := e.request.Params.Lookup(name); !ok || was != value {
			e.with = append(e.with, fmt.Sprintf(", with %s %q", name, value))
		}
	}
}

// Header implements [http.ResponseWriter].
func (e *explanation) Header() http.Header { return e.header }

// WriteHeader implements [http.ResponseWriter].
func (e *explanation) WriteHeader(status int) {
	if e.status == 0 && status >= 200 {
		e.status = status
	}
}

// Write implements [http.ResponseWriter].
func (e *explanation) Write(p []byte) (int, error) {
	e.WriteHeader(http.StatusOK)
	e.bytes += int64(len(p))
	return len(p), nil
}
