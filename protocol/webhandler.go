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
	if f := fieldByHeader[name]; f != nil {
		return f.withheld&ToHandler == 0
	}
	return canBeVariable(name) && http.CanonicalHeaderKey(name) == name
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
		if hr.RemoteAddr = Loopback + ":0"; remoteHost(r.from) != Loopback {
			hr.RemoteAddr = remoteHost(r.from) + ":0"
		}
	}
	return hr
}
