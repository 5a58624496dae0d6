package route

import (
	"regexp"
)

// Matches is the condition that a variable matches a regular expression, whose groups the rule's
// action then has: see [Exchange.Group]. One that is not there matches none, "^$" neither.
func Matches(variable string, re *regexp.Regexp) Condition {
	return &matches{re: re, variable: variable, isURL: isURL(variable), onWeb: onWeb(variable)}
}

type matches struct {
	re       *regexp.Regexp
	variable string
	isURL    bool // it is encoded, as a URL is
	onWeb    bool // it can be had of net/http's request
}

// isURL reports whether a variable is a part of a URL, encoded as it stands in one.
func isURL(variable string) bool {
	switch variable {
	case "REQUEST_URI", "QUERY_STRING", "HTTP_REFERER", "HTTP_HOST", "SERVER_NAME":
		return true
	}
	return false
}

func onWeb(variable string) bool {
	switch variable {
	case "PATH_INFO", "HTTP_HOST", "REQUEST_URI", "QUERY_STRING", "HTTP_USER_AGENT", "HTTP_REFERER":
		return true
	}
	return false
}

// Meets implements [Condition].
func (m *matches) Meets(x *Exchange) (bool, error) {
	if x.web != nil && !m.onWeb {
		return false, errNeedsRequest
	}
	text, ok := x.lookup(m.variable)
	return ok && x.match(m.re, text, m.isURL), nil
}

// match reports whether a text matches, and notes its groups.
func (x *Exchange) match(re *regexp.Regexp, text string, isURL bool) bool {
	if !re.MatchString(text) {
		return false
	}
	x.matched = match{re: re, subject: text, isURL: isURL}
	return true
}
