package route

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/postern-gateway/postern/protocol"
)

// An Exchange is a request on its way through a [Table], and its answer as far as rules make one.
// It is good until the action or condition that got it has returned, and for one goroutine.
type Exchange struct {
	table *Table
	w     protocol.ResponseWriter
	req   *protocol.Request
	own   bool          // req is ours to change
	web   *http.Request // in the place of req, while only the way is asked for

	at      int   // the rule
	jump    int   // the rule that a goto has named; 0: none
	matched match // what the rule's condition has found

	set    []string // the variables that rules have set
	edits  []headerEdit
	status int  // that a rule has set; 0: none
	begun  bool // the answer has begun, or a handler has answered

	to    protocol.Handler // where an action has sent the request
	mount string
	calls *callsAhead
	vars  []slog.Attr // of the log
	steps func(Step)  // nil: nobody watches
	did   string      // for steps
}

// A match is what a regular expression has found.
type match struct {
	re       *regexp.Regexp
	subject  string
	isURL    bool  // the subject is encoded, as a URL is
	location []int // of the groups; nil: not looked for yet
}

// Request returns the request, with what rules have changed of it. It is not to be changed but by
// x.
func (x *Exchange) Request() *protocol.Request { return x.req }

// Context returns the request's context.
func (x *Exchange) Context() context.Context { return x.req.Context() }

// Get returns a variable's value, or "". PATH_INFO is the whole path where the front sends none in
// PATH_INFO, as nginx does over FastCGI and SCGI.
func (x *Exchange) Get(name string) string {
	value, _ := x.lookup(name)
	return value
}

// lookup is Get, and says whether the variable is there.
func (x *Exchange) lookup(name string) (value string, ok bool) {
	if x.web != nil {
		return webVariable(x.web, name)
	}
	value, ok = x.req.Params.Lookup(name)
	if name == "PATH_INFO" && value == "" {
		value, _ = x.req.Params.Path() // one that cannot be decoded is none
		ok = true
	}
	return value, ok
}

// webVariable returns the variables that regular expressions are for.
func webVariable(hr *http.Request, name string) (value string, ok bool) {
	switch name {
	case "PATH_INFO":
		return hr.URL.Path, true
	case "HTTP_HOST":
		return hr.Host, true
	case "REQUEST_URI":
		return hr.RequestURI, true
	case "QUERY_STRING":
		return hr.URL.RawQuery, true
	case "HTTP_USER_AGENT":
		return webField(hr, "User-Agent")
	}
	return webField(hr, "Referer")
}

func webField(hr *http.Request, name string) (value string, ok bool) {
	values := hr.Header[name]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// Set gives the request a variable, for later rules and for whoever gets the request from them. The
// request that the table got stays as it is.
func (x *Exchange) Set(name, value string) {
	x.set = append(x.set, name)
	x.Change(func(r *protocol.Request) { r.Params.Set(name, value) })
}

// Change has f change the request, for later rules and for whoever gets the request from them. The
// request that the table got stays as it is.
func (x *Exchange) Change(f func(r *protocol.Request)) {
	if !x.own {
		x.req, x.own = x.req.Clone(x.req.Context()), true
	}
	f(x.req)
}

// Group returns what the group of that number of the rule's regular expression has matched; 0 is
// the whole match. It is empty where there is none.
func (x *Exchange) Group(n int) string {
	m := &x.matched
	if m.re == nil || n < 0 || n > m.re.NumSubexp() {
		return ""
	}
	if m.location == nil {
		m.location = m.re.FindStringSubmatchIndex(m.subject)
	}
	if 2*n >= len(m.location) || m.location[2*n] < 0 {
		return ""
	}
	return m.subject[m.location[2*n]:m.location[2*n+1]]
}

// Goto has the walk go on at the rule with that label, behind the present one. To nowhere or
// backwards is an error.
func (x *Exchange) Goto(label string) (Result, error) {
	to, err := x.table.target(x.at, label)
	if err != nil {
		return Break, &protocol.Error{Op: "route", Kind: errRule, Err: err, Detail: place(x.table.rules, x.at)}
	}
	x.jump = to
	return Next, nil
}

// Log returns where rules write their lines.
func (x *Exchange) Log() *slog.Logger {
	if x.table.Log == nil {
		return slog.Default()
	}
	return x.table.Log
}

// Note says for [Table.Explain] what an action does.
func (x *Exchange) Note(format string, args ...any) {
	if x.steps == nil {
		return
	}
	if x.did != "" {
		x.did += "; "
	}
	x.did += fmt.Sprintf(format, args...)
}
