package route

import (
	"net/url"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A rewrite is rewrite or rewrite-last.
type rewrite struct {
	path, query template
	hasQuery    bool
	result      Result
}

// Do implements [Action].
func (r *rewrite) Do(x *Exchange) (Result, error) {
	path, err := r.path.decoded(x)
	if err != nil {
		return Break, err
	}
	query := x.Get("QUERY_STRING")
	if r.hasQuery {
		query = joinQuery(r.query.encoded(x, true), query)
	}
	if x.req.Params.Get("PATH_INFO") == "" { // then the whole path is elsewhere
		x.Set("SCRIPT_NAME", "")
	}
	x.Set("PATH_INFO", path)
	x.Set("QUERY_STRING", query)
	u := url.URL{Path: x.Get("SCRIPT_NAME") + path, RawQuery: query}
	x.Set("REQUEST_URI", u.RequestURI())
	x.Note("to %s", u.RequestURI())
	return r.result, nil
}

func joinQuery(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "&" + second
}

// decoded expands t into a path: what is encoded in it is decoded, and nothing else.
func (t template) decoded(x *Exchange) (string, error) {
	var b strings.Builder
	for i := range t.parts {
		value := t.parts[i].value(x)
		if t.parts[i].isURL(x) {
			plain, err := url.PathUnescape(value)
			if err != nil {
				return "", &protocol.Error{Op: "route: rewrite", Kind: protocol.ErrMalformed, Err: err}
			}
			value = plain
		}
		b.WriteString(value)
	}
	if path := b.String(); strings.HasPrefix(path, "/") {
		return path, nil
	}
	return "/" + b.String(), nil
}

// encoded expands t into a part of a URL: what is not encoded in it is encoded, as a query's value
// where inQuery says so, or a question mark stands before it.
func (t template) encoded(x *Exchange, inQuery bool) string {
	var b strings.Builder
	for i := range t.parts {
		value := t.parts[i].value(x)
		switch {
		case t.parts[i].isURL(x):
			inQuery = inQuery || strings.Contains(value, "?")
		case inQuery:
			value = url.QueryEscape(value)
		default:
			value = (&url.URL{Path: value}).EscapedPath()
		}
		b.WriteString(value)
	}
	return b.String()
}

// A redirect is redirect or redirect-permanent.
type redirect struct {
	status int
	to     template
}

// Do implements [Action].
func (r *redirect) Do(x *Exchange) (Result, error) {
	if x.late() {
		return Break, nil
	}
	to := onSite(r.to.text, r.to.encoded(x, false))
	x.Note("%d to %s", r.status, to)
	x.w.Header().Set("Location", to)
	x.SetStatus(r.status)
	return x.answer([]byte(moved))
}

// onSite returns the target of a redirect. Where the rule's text names no host, the first element
// of a path is none either: "/$1" is "/a.test/x" for the path //a.test/x, not "//a.test/x".
func onSite(text, to string) string {
	path := strings.TrimLeft(to, `/\`)
	if len(to)-len(path) < 2 || to[0] != '/' || strings.HasPrefix(text, "//") {
		return to
	}
	return "/" + path
}

// moved is the body of a redirect.
const moved = "Moved"
