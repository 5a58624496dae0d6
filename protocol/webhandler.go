package protocol

import (
	"net/http"
	"strings"
)

// isPlain reports whether a handler of net/http may have r as net/http's server gives it: it is
// what would be derived from its variables. A target in absolute form, a request without a Host,
// and header fields that come twice or are withheld from handlers are not.
func (r *webRequest) isPlain() bool {
	hr := r.from
	return hr.Host != "" && strings.HasPrefix(hr.RequestURI, "/") && hr.URL.Host == "" && plainHeader(hr.Header)
}

// plainHeader reports whether a header is what would be derived from its variables.
func plainHeader(h http.Header) bool {
	for name, values := range h {
		if len(values) != 1 || !plainField(name) {
			return false
		}
	}
	return true
}

// plainField reports whether handlers get a header field of that name.
func plainField(name string) bool {
	switch name {
	case "Content-Type", "Content-Length": // by variables of their own
		return true
	case "Host":
		return false
	}
	return isCanonical(name) && !WithheldField(name, ToHandler)
}

// isCanonical reports whether a field's name is in canonical form and can be a variable's: letters,
// of which those are large that begin a word, digits and hyphens.
func isCanonical(name string) bool {
	begins := true
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z':
			if begins {
				return false
			}
		case 'A' <= c && c <= 'Z':
			if !begins {
				return false
			}
		case c == '-', '0' <= c && c <= '9':
		default:
			return false
		}
		begins = name[i] == '-'
	}
	return true
}

// serveDirect has a handler of net/http serve r, whose variables it does not need.
func (r *webRequest) serveDirect(w ResponseWriter) error { return serveHTTP(r.direct, w, r.http()) }

// http returns net/http's own request, but for its body, its context and a URL that the handler may
// change.
func (r *webRequest) http() *http.Request {
	r.own = *r.from.WithContext(&r.end)
	r.url = *r.from.URL
	hr := &r.own
	hr.URL, hr.Body = &r.url, r.httpBody()
	if _, port := splitAddr(hr.RemoteAddr); port == "" {
		if host := remoteHost(r.from); host == Loopback {
			hr.RemoteAddr = Loopback + ":0" // a constant
		} else {
			hr.RemoteAddr = host + ":0"
		}
	}
	return hr
}
