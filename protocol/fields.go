package protocol

import "strings"

// A Destination is where a variable goes, or a header field.
type Destination uint8

// The destinations. A handler's Params have all that came, whatever it is.
const (
	ToHandler     Destination = 1 << iota // the header of an *http.Request
	ToBackend                             // the variables for a backend by any protocol but HTTP
	ToHTTPBackend                         // the header fields for a backend that speaks HTTP
	ToEnvironment                         // a script's environment
	// a script's environment, unless it may have the client's credentials
	ToStranger
	// the variables of a request, from the environment of the process that is to serve it
	FromEnvironment
	// the header of a response, on its way from a backend or a handler
	ToClient

	toScript   = ToEnvironment | ToStranger
	everywhere = ToHandler | ToBackend | ToHTTPBackend | toScript
	hop        = ToHTTPBackend | toScript | ToClient // what belongs to one connection
)

// A field is what there is to know of a variable, and of the header field that an HTTP_ variable
// came from.
type field struct {
	name     string
	header   string      // empty: no HTTP_ variable
	withheld Destination // where it does not go
	// where it does not go when it is empty, which is how fronts say that there is none
	ifEmpty Destination
	host    bool // the host of a script sets it by itself
	single  bool // not a list: of two the last counts (RFC 9110 section 5.3)
}

// fields is the one table of what becomes of variables and header fields on their way to each
// destination; what steers loaders and interpreters (see Steers) is the rest of it. Those without a
// note are in it so that they are known to tell of a request (see IsRequestVariable), or so that
// their names need not be made.
var fields = []field{
	// A Proxy header would pose as the environment's HTTP_PROXY (httpoxy); lengths, types and
	// codings are the front's word in CONTENT_LENGTH and CONTENT_TYPE, and it has taken a chunked
	// body apart: uWSGI would take it for one that still is.
	{name: "HTTP_PROXY", header: "Proxy", withheld: everywhere | FromEnvironment, single: true},
	{name: "HTTP_CONTENT_LENGTH", header: "Content-Length", withheld: everywhere, single: true},
	{name: "HTTP_CONTENT_TYPE", header: "Content-Type", withheld: everywhere, single: true},
	{name: "HTTP_TRANSFER_ENCODING", header: "Transfer-Encoding", withheld: everywhere | ToClient},

	// The fields of a connection (section 7.6.1).
	{name: "HTTP_TRAILER", header: "Trailer", withheld: hop | ToHandler},
	{name: "HTTP_TE", header: "Te", withheld: hop}, {name: "HTTP_CONNECTION", header: "Connection", withheld: hop},
	{name: "HTTP_KEEP_ALIVE", header: "Keep-Alive", withheld: hop}, {name: "HTTP_UPGRADE", header: "Upgrade", withheld: hop},
	{name: "HTTP_PROXY_CONNECTION", header: "Proxy-Connection", withheld: hop}, {name: "HTTP_HTTP2_SETTINGS", header: "Http2-Settings", withheld: ToHTTPBackend | toScript},
	{name: "HTTP_PROXY_AUTHENTICATE", header: "Proxy-Authenticate", withheld: ToHTTPBackend},
	{name: "HTTP_EXPECT", header: "Expect", withheld: ToHTTPBackend, single: true},

	// The client's credentials (RFC 3875 section 9.2).
	{name: "HTTP_AUTHORIZATION", header: "Authorization", withheld: ToStranger, single: true},
	{name: "HTTP_PROXY_AUTHORIZATION", header: "Proxy-Authorization", withheld: ToStranger, single: true},

	// Fields that are no list. So are all that begin with Content- or Sec-Fetch-.
	{name: "HTTP_ACCESS_CONTROL_REQUEST_METHOD", header: "Access-Control-Request-Method", single: true},
	{name: "HTTP_AGE", header: "Age", single: true}, {name: "HTTP_DATE", header: "Date", single: true},
	{name: "HTTP_DEPTH", header: "Depth", single: true}, {name: "HTTP_DESTINATION", header: "Destination", single: true},
	{name: "HTTP_DNT", header: "Dnt", single: true}, {name: "HTTP_ETAG", header: "Etag", single: true},
	{name: "HTTP_FROM", header: "From", single: true}, {name: "HTTP_HOST", header: "Host", single: true},
	{name: "HTTP_IF_MODIFIED_SINCE", header: "If-Modified-Since", single: true},
	{name: "HTTP_IF_RANGE", header: "If-Range", single: true},
	{name: "HTTP_IF_UNMODIFIED_SINCE", header: "If-Unmodified-Since", single: true},
	{name: "HTTP_LAST_MODIFIED", header: "Last-Modified", single: true}, {name: "HTTP_LOCATION", header: "Location", single: true},
	{name: "HTTP_MAX_FORWARDS", header: "Max-Forwards", single: true}, {name: "HTTP_ORIGIN", header: "Origin", single: true},
	{name: "HTTP_OVERWRITE", header: "Overwrite", single: true}, {name: "HTTP_RANGE", header: "Range", single: true},
	{name: "HTTP_REFERER", header: "Referer", single: true}, {name: "HTTP_RETRY_AFTER", header: "Retry-After", single: true},
	{name: "HTTP_SEC_WEBSOCKET_KEY", header: "Sec-Websocket-Key", single: true},
	{name: "HTTP_SEC_WEBSOCKET_VERSION", header: "Sec-Websocket-Version", single: true},
	{name: "HTTP_SERVER", header: "Server", single: true},
	{name: "HTTP_UPGRADE_INSECURE_REQUESTS", header: "Upgrade-Insecure-Requests", single: true},
	{name: "HTTP_USER_AGENT", header: "User-Agent", single: true},
	{name: "HTTP_LAST_EVENT_ID", header: "Last-Event-Id", single: true}, {name: "HTTP_LOCK_TOKEN", header: "Lock-Token", single: true},
	{name: "HTTP_TRACEPARENT", header: "Traceparent", single: true},
	{name: "HTTP_TRUE_CLIENT_IP", header: "True-Client-Ip", single: true},
	{name: "HTTP_X_CLIENT_IP", header: "X-Client-Ip", single: true},
	{name: "HTTP_X_FORWARDED_SCHEME", header: "X-Forwarded-Scheme", single: true},
	{name: "HTTP_X_FORWARDED_SSL", header: "X-Forwarded-Ssl", single: true},
	{name: "HTTP_X_FORWARDED_USER", header: "X-Forwarded-User", single: true},
	{name: "HTTP_X_HTTP_METHOD_OVERRIDE", header: "X-Http-Method-Override", single: true},
	{name: "HTTP_X_REMOTE_USER", header: "X-Remote-User", single: true},
	{name: "HTTP_X_REQUESTED_WITH", header: "X-Requested-With", single: true},
	{name: "HTTP_X_FORWARDED_HOST", header: "X-Forwarded-Host", single: true},
	{name: "HTTP_X_FORWARDED_PORT", header: "X-Forwarded-Port", single: true},
	{name: "HTTP_X_FORWARDED_PREFIX", header: "X-Forwarded-Prefix", single: true},
	{name: "HTTP_X_FORWARDED_PROTO", header: "X-Forwarded-Proto", single: true},
	{name: "HTTP_X_REAL_IP", header: "X-Real-Ip", single: true}, {name: "HTTP_X_REQUEST_ID", header: "X-Request-Id", single: true},

	{name: "HTTP_ACCEPT", header: "Accept"}, {name: "HTTP_ACCEPT_CHARSET", header: "Accept-Charset"},
	{name: "HTTP_ACCEPT_ENCODING", header: "Accept-Encoding"}, {name: "HTTP_ACCEPT_LANGUAGE", header: "Accept-Language"},
	{name: "HTTP_CACHE_CONTROL", header: "Cache-Control"}, {name: "HTTP_COOKIE", header: "Cookie"},
	{name: "HTTP_FORWARDED", header: "Forwarded"}, {name: "HTTP_IF_NONE_MATCH", header: "If-None-Match"},
	{name: "HTTP_PRAGMA", header: "Pragma"}, {name: "HTTP_PRIORITY", header: "Priority"},
	{name: "HTTP_SEC_FETCH_DEST", header: "Sec-Fetch-Dest", single: true},
	{name: "HTTP_SEC_FETCH_MODE", header: "Sec-Fetch-Mode", single: true},
	{name: "HTTP_SEC_FETCH_SITE", header: "Sec-Fetch-Site", single: true},
	{name: "HTTP_SEC_FETCH_USER", header: "Sec-Fetch-User", single: true},
	{name: "HTTP_X_FORWARDED_FOR", header: "X-Forwarded-For"},

	// Meta-variables (RFC 3875 section 4.1, and what fronts add). Some a script's host knows better
	// than the front.
	{name: "GATEWAY_INTERFACE", withheld: toScript, host: true}, {name: "CONTENT_LENGTH", withheld: toScript, host: true},
	{name: "SCRIPT_NAME", withheld: toScript, host: true}, {name: "SCRIPT_FILENAME", withheld: toScript, host: true},
	{name: "PATH_INFO", withheld: toScript, host: true}, {name: "PATH_TRANSLATED", withheld: toScript, host: true},
	{name: "REMOTE_IDENT", withheld: toScript}, // nobody checks it
	{name: "AUTH_TYPE", ifEmpty: toScript}, {name: "CONTENT_TYPE", ifEmpty: toScript}, {name: "HTTPS", ifEmpty: toScript},
	{name: "REDIRECT_STATUS", ifEmpty: toScript}, {name: "REMOTE_ADDR", ifEmpty: toScript}, {name: "REMOTE_HOST", ifEmpty: toScript},
	{name: "REMOTE_USER", ifEmpty: toScript}, {name: "SERVER_NAME", ifEmpty: toScript}, {name: "SERVER_PORT", ifEmpty: toScript},
	{name: "SERVER_PROTOCOL", ifEmpty: toScript}, {name: "SERVER_SOFTWARE", ifEmpty: toScript},
	{name: "DOCUMENT_ROOT"}, {name: "DOCUMENT_URI"}, {name: "REDIRECT_URL"},
}

// fieldByName finds a variable's row.
var fieldByName = func() map[string]*field {
	m := make(map[string]*field, len(fields))
	for i := range fields {
		m[fields[i].name] = &fields[i]
	}
	return m
}()

// fieldByHeader finds a header field's row.
var fieldByHeader = func() map[string]*field {
	m := make(map[string]*field, len(fields))
	for i := range fields {
		if f := &fields[i]; f.header != "" {
			m[f.header] = f
		}
	}
	return m
}()

// fieldOf finds an HTTP_ variable's row, or nil. HTTP_proxy is no way around what is withheld.
func fieldOf(name string) *field {
	if f := fieldByName[name]; f != nil {
		return f
	}
	return fieldByName[strings.ToUpper(name)]
}

// isSingle reports whether the header field is no list.
func isSingle(header string) bool {
	if f := fieldByHeader[header]; f != nil {
		return f.single
	}
	return strings.HasPrefix(header, "Content-") || strings.HasPrefix(header, "Sec-Fetch-")
}

// joinField is one value of two of a header field: joined, a Cookie in its own way (RFC 6265
// section 5.4), or the last.
func joinField(header string, values []string) string {
	switch {
	case len(values) == 1 || isSingle(header):
		return values[len(values)-1]
	case header == "Cookie":
		return strings.Join(values, "; ")
	}
	return strings.Join(values, ", ")
}
