package protocol

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A variable is one meta-variable and what it stands for in an *http.Request, in both directions.
type variable struct {
	name string
	// from returns the variable's value for hr; ok says whether hr has it. nil: hr never has.
	from func(hr *http.Request) (value string, ok bool)
	// tells is what the variable tells of an *http.Request that is being derived.
	tells derivedVar
}

// variables is the one table between meta-variables and HTTP, in the order in which NewRequest
// gives them (nginx's). Header fields have their own: fields.
var variables = []variable{
	{name: "QUERY_STRING", from: func(hr *http.Request) (string, bool) { return hr.URL.RawQuery, true }, tells: derivedQuery},
	{name: "REQUEST_METHOD", from: func(hr *http.Request) (string, bool) { return methodOf(hr), true }, tells: derivedMethod},
	{name: "CONTENT_TYPE", from: contentType, tells: derivedType},
	{name: "CONTENT_LENGTH", from: contentLength},
	{name: "DOCUMENT_URI", tells: derivedDocument},
	{name: "SCRIPT_NAME", from: func(*http.Request) (string, bool) { return "", true }, tells: derivedScript},
	{name: "PATH_INFO", from: func(hr *http.Request) (string, bool) { return pathOf(hr), true }, tells: derivedPath},
	{name: "REQUEST_URI", from: func(hr *http.Request) (string, bool) { return uriOf(hr), true }, tells: derivedURI},
	{name: "SERVER_PROTOCOL", from: func(hr *http.Request) (string, bool) { return hr.Proto, hr.Proto != "" }, tells: derivedProto},
	{name: "REQUEST_SCHEME", from: func(hr *http.Request) (string, bool) { return schemeOf(hr), true }, tells: derivedScheme},
	{name: "HTTPS", from: func(hr *http.Request) (string, bool) { return "on", hr.TLS != nil }, tells: derivedHTTPS},
	{name: "GATEWAY_INTERFACE", from: func(*http.Request) (string, bool) { return "CGI/1.1", true }},
	{name: "SERVER_SOFTWARE", from: func(*http.Request) (string, bool) { return "Postern", true }},
	{name: "REMOTE_ADDR", from: func(hr *http.Request) (string, bool) { return remoteHost(hr), true }, tells: derivedRemote},
	{name: "REMOTE_PORT", from: func(hr *http.Request) (string, bool) { _, p := splitAddr(hr.RemoteAddr); return p, p != "" }, tells: derivedRemotePort},
	{name: "SERVER_ADDR", from: func(hr *http.Request) (string, bool) { h, _ := localAddr(hr.Context()); return h, h != "" }},
	{name: "SERVER_PORT", from: serverPort, tells: derivedPort},
	{name: "SERVER_NAME", from: serverName, tells: derivedServer},
	{name: "HTTP_HOST", from: func(hr *http.Request) (string, bool) { return hr.Host, hr.Host != "" }, tells: derivedHost},
}

// byName finds a variable's row.
var byName = func() map[string]*variable {
	m := make(map[string]*variable, len(variables))
	for i := range variables {
		m[variables[i].name] = &variables[i]
	}
	return m
}()

func methodOf(hr *http.Request) string {
	if hr.Method == "" {
		return http.MethodGet
	}
	return hr.Method
}

// contentType is the last of the fields, as of any other that is no list.
func contentType(hr *http.Request) (string, bool) {
	values := hr.Header["Content-Type"]
	if len(values) == 0 {
		return "", false
	}
	v := values[len(values)-1]
	return v, v != ""
}

// contentLength is there if there is a body of known length, also where the client says that it is
// empty.
func contentLength(hr *http.Request) (string, bool) {
	n := lengthOf(hr)
	if n < 0 || n == 0 && hr.Header.Get("Content-Length") == "" {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}

// lengthOf is the body's length, or -1: net/http writes 0 for a body of unknown length, too, when
// it is a client's.
func lengthOf(hr *http.Request) int64 {
	switch {
	case hr.Body == nil || hr.Body == http.NoBody:
		return 0
	case hr.ContentLength == 0:
		return -1
	}
	return hr.ContentLength
}

// pathOf is the URL's path: "/" where an absolute-form target has none.
func pathOf(hr *http.Request) string {
	if hr.URL.Path == "" && hr.URL.Host != "" {
		return "/"
	}
	return hr.URL.Path
}

// uriOf is the target in origin form, as fronts have it: the host that it may have named is hr.Host
// already. Where somebody before us has changed the URL, as http.StripPrefix does, it is that.
func uriOf(hr *http.Request) string {
	if hr.RequestURI != "" {
		if asked := originForm(hr.RequestURI); isURLOf(asked, hr.URL) {
			return asked
		}
	}
	return hr.URL.RequestURI()
}

// isURLOf reports whether u is what net/http's server has made of a target in origin form.
func isURLOf(asked string, u *url.URL) bool {
	path, query, _ := strings.Cut(asked, "?")
	if query != u.RawQuery {
		return false
	}
	if path == u.EscapedPath() {
		return true
	}
	p, err := url.ParseRequestURI(asked)
	return err == nil && p.Path == u.Path
}

// schemeOf is the connection's. What an absolute-form target says of it is the client's word alone.
func schemeOf(hr *http.Request) string {
	if hr.TLS != nil || hr.URL.Scheme == "https" && hr.RequestURI == "" {
		return "https"
	}
	return "http"
}

// isOn reads the de facto variable HTTPS.
func isOn(v string) bool {
	return v != "" && v != "0" && !strings.EqualFold(v, "off")
}

func splitAddr(addr string) (host, port string) {
	if strings.IndexByte(addr, ':') < 0 { // an error would cost an allocation
		return addr, ""
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr, ""
	}
	return host, port
}

// Loopback is REMOTE_ADDR, which must have a value (RFC 3875 section 4.1.8), of a client on a Unix
// socket: that has no address, and is on this host.
const Loopback = "127.0.0.1"

// remoteHost is the client's address.
func remoteHost(hr *http.Request) string {
	host, port := splitAddr(hr.RemoteAddr)
	if port == "" && (strings.HasPrefix(host, "@") || strings.HasPrefix(host, "/") || onUnix(hr.Context())) {
		return Loopback
	}
	return host
}

// onUnix reports whether a request has come over a Unix socket.
func onUnix(ctx context.Context) bool {
	a, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr)
	return ok && a.Network() == "unix"
}

func localAddr(ctx context.Context) (host, port string) {
	a, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || a.Network() == "unix" {
		return "", ""
	}
	return splitAddr(a.String())
}

// serverPort is the port that the client asked for, if it named one, else that of the connection
// (RFC 3875 section 4.1.15).
func serverPort(hr *http.Request) (string, bool) {
	if _, port := splitAddr(hr.Host); port != "" {
		return port, true
	}
	if _, port := localAddr(hr.Context()); port != "" {
		return port, true
	}
	if schemeOf(hr) == "https" {
		return "443", true
	}
	return "80", true
}

// serverName is the host that the client asked for, without the port, an IPv6 address in brackets
// (section 4.1.14).
func serverName(hr *http.Request) (string, bool) {
	host := hr.Host
	if strings.IndexByte(host, ':') >= 0 {
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
	}
	if host == "" {
		host, _ = localAddr(hr.Context())
	}
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	return host, true
}

// secure is what a handler finds in http.Request.TLS when the front has ended TLS: that there was
// some.
func secure() *tls.ConnectionState { return &tls.ConnectionState{HandshakeComplete: true} }
