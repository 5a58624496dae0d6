package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// A Target is a URL that has been read: a backend, and what is asked of it.
type Target struct {
	Backend *endpoint.Endpoint
	URL     *url.URL // path and query; the path is "" where the URL has none
	// what the URL calls the server: "127.0.0.1:8080"; "localhost" of a Unix socket
	Host string
}

// ParseTarget reads a URL. The options, "name=value", are the backend's. An error is an [*Error]
// with CodeURL.
func ParseTarget(text string, options []string) (*Target, error) {
	backend, rest := cut(text)
	separator := "?"
	if strings.Contains(backend, "?") {
		separator = "&"
	}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		backend += separator + url.QueryEscape(name) + "=" + url.QueryEscape(value)
		separator = "&"
	}
	e, err := endpoint.Parse(backend)
	if err != nil {
		return nil, failed(CodeURL, err)
	}
	t := &Target{Backend: e, Host: "localhost"}
	if e.Network == "tcp" {
		t.Host = hostOf(backend)
	}
	if t.URL, err = parsePath(rest); err != nil {
		return nil, &Error{CodeURL, "bad URL " + text + ": " + err.Error(), err}
	}
	return t, nil
}

// CutOptions cuts off a URL that has no path what follows its question mark, and returns it as
// options, "name=value", for ParseTarget: so who asks a backend rather than for a page reads
// "https://HOST:PORT?ca=FILE". Any other URL stays as it is.
func CutOptions(text string) (backend string, options []string) {
	backend, rest := cut(text)
	query, ok := strings.CutPrefix(rest, "?")
	if !ok {
		return text, nil
	}
	for option := range strings.SplitSeq(query, "&") {
		if plain, err := url.QueryUnescape(option); err == nil {
			option = plain
		}
		options = append(options, option)
	}
	return backend, options
}

// cut cuts a URL into that of a backend and the request's path and query.
func cut(text string) (backend, rest string) {
	text, _, _ = strings.Cut(text, "#")
	scheme, after, ok := strings.Cut(text, ":")
	if !ok {
		return text, ""
	}
	part := ":" // of a path, after the leading slashes
	start := 0
	_, network, _ := strings.Cut(scheme, "+")
	switch meant := meantSocket(scheme, after); {
	case meant > 0:
		start = meant
	case (network == "" || network == "tcp") && scheme != "cgi":
		part = "/?"
		start = len(after) - len(strings.TrimLeft(after, "/"))
	}
	i := strings.IndexAny(after[start:], part)
	if i < 0 {
		return text, ""
	}
	i += start
	rest = strings.TrimPrefix(after[i:], ":")
	return scheme + ":" + after[:i], rest
}

// meantSocket returns where the path of a Unix socket begins in what follows a scheme and its
// colon, where one is meant and written as elsewhere: unix:/x, fastcgi:/x, fastcgi:///x,
// fastcgi://unix:/x. That is an error, which is to name the whole path. 0: none is meant.
func meantSocket(scheme, after string) int {
	switch {
	case scheme == "cgi" || strings.Contains(scheme, "+"):
	case strings.HasPrefix(after, "//unix:"):
		return len("//unix:")
	case strings.HasPrefix(after, "///"):
		return len("///")
	case strings.HasPrefix(after, "/") && !strings.HasPrefix(after, "//"):
		return len("/")
	}
	return 0
}

// hostOf is the authority of a backend's URL.
func hostOf(backend string) string {
	_, host, _ := strings.Cut(backend, "://")
	host, _, _ = strings.Cut(host, "?")
	return host
}

// parsePath reads a path and a query.
func parsePath(text string) (*url.URL, error) {
	if text == "" {
		return new(url.URL), nil
	}
	if strings.HasPrefix(text, "?") {
		text = "/" + text
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, errors.New("it has a space or a control character: write a space as %20")
	}
	if !strings.HasPrefix(text, "/") {
		return nil, fmt.Errorf("the request's path %q begins with no slash", text)
	}
	return url.ParseRequestURI(text)
}
