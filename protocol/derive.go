package protocol

import (
	"cmp"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// A derivation is the HTTP request that variables describe. Of a variable that is there twice the
// last counts; header fields that are lists are joined.
type derivation struct {
	vars   [derivedVars]string // the values of the variables that a part tells
	https  bool
	header http.Header
	values []string // room for the header's values, cut one by one
}

// A derivedVar is a variable that tells a part of an HTTP request.
type derivedVar uint8

const (
	notDerived derivedVar = iota
	derivedQuery
	derivedMethod
	derivedType
	derivedScript
	derivedDocument
	derivedPath
	derivedURI
	derivedProto
	derivedScheme
	derivedHTTPS
	derivedRemote
	derivedRemotePort
	derivedPort
	derivedServer
	derivedHost
	derivedVars // how many there are
)

// derive reads all of p but the header fields.
func derive(p Params) *derivation {
	d := new(derivation)
	d.read(p)
	return d
}

// read reads all of p but the header fields, and returns how many of these there may be.
func (d *derivation) read(p Params) (fields int) {
	for i := range p {
		name := p[i].Name
		if isField(name) {
			fields++
		} else if v := byName[name]; v != nil {
			d.vars[v.tells] = p[i].Value
		}
	}
	if d.vars[derivedType] != "" {
		fields++
	}
	d.https = isOn(d.vars[derivedHTTPS]) || strings.EqualFold(d.vars[derivedScheme], "https")
	return fields
}

// isField reports whether a variable is a header field. The host is told apart from these.
func isField(name string) bool {
	return strings.HasPrefix(name, "HTTP_") && name != "HTTP_HOST"
}

// readHeader reads the header fields of p, of which there are at most so many. Their values go to
// room, if it is large enough.
func (d *derivation) readHeader(p Params, fields int, room []string) {
	d.header = make(http.Header, fields)
	if d.values = room; len(room) < fields {
		d.values = make([]string, fields)
	}
	for i := range p {
		if isField(p[i].Name) {
			d.field(p[i].Name, p[i].Value)
		}
	}
	if v := d.vars[derivedType]; v != "" {
		d.add("Content-Type", v)
	}
}

// field notes an HTTP_ variable as the header field that it came from.
func (d *derivation) field(name, value string) {
	if f := fieldOf(name); f != nil {
		if f.withheld&ToHandler == 0 && f.header != "Host" {
			d.add(f.header, value)
		}
		return
	}
	if key := fieldName(name); key != "" {
		d.add(key, value)
	}
}

// fieldName turns HTTP_X_FORWARDED_FOR into X-Forwarded-For. What no header field can be called
// gives "".
func fieldName(name string) string {
	s := strings.ReplaceAll(strings.TrimPrefix(name, "HTTP_"), "_", "-")
	if !httpguts.ValidHeaderFieldName(s) {
		return ""
	}
	return textproto.CanonicalMIMEHeaderKey(strings.ToLower(s))
}

// add adds a field, to what is there of it already.
func (d *derivation) add(key, value string) {
	had := d.header[key]
	switch {
	case len(had) == 0 && len(d.values) > 0:
		d.values[0] = value
		d.header[key], d.values = d.values[:1:1], d.values[1:]
	case len(had) == 0:
		d.header[key] = []string{value}
	default:
		had[0] = joinField(key, append(had, value))
	}
}

// url finds the request's target: REQUEST_URI as the client sent it, else SCRIPT_NAME and
// PATH_INFO, or else DOCUMENT_URI, which are decoded.
func (d *derivation) url(u *url.URL) error {
	uri := d.vars[derivedURI]
	switch {
	case uri == "":
		path := cmp.Or(d.vars[derivedScript]+d.vars[derivedPath], d.vars[derivedDocument], "/")
		*u = url.URL{Path: path, RawQuery: d.vars[derivedQuery]}
		return nil
	case plain(uri):
		path, query, has := strings.Cut(uri, "?")
		*u = url.URL{Path: path, RawQuery: query, ForceQuery: has && query == ""}
		return nil
	}
	parsed, err := url.ParseRequestURI(uri)
	if err != nil {
		return &Error{Op: "derive URL", Kind: ErrMalformed, Detail: "REQUEST_URI", Err: err}
	}
	*u = *parsed
	return nil
}

// plain reports whether a URI needs no decoding and no second look: its path has no byte that
// url.URL would encode.
func plain(uri string) bool {
	if uri[0] != '/' {
		return false
	}
	query := false
	for i := 0; i < len(uri); i++ {
		c := uri[i]
		if c == '?' {
			query = true
		}
		if c <= ' ' || c >= 0x7f || !query && !plainInPath[c] {
			return false
		}
	}
	return true
}

// plainInPath are the bytes that a path is made of when it needs no encoding (RFC 3986 section 3.3,
// without !'()*).
var plainInPath = func() (set [128]bool) {
	for _, c := range "-_.~$&+,/:;=@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" {
		set[c] = true
	}
	return set
}()

func (d *derivation) hostPort() string {
	if host := d.vars[derivedHost]; host != "" {
		return host
	}
	server, port := d.vars[derivedServer], d.vars[derivedPort]
	// RFC 3875 section 4.1.14 wants brackets, not all fronts give them
	if strings.Contains(server, ":") && server[0] != '[' {
		server = "[" + server + "]"
	}
	switch {
	case port == "" || port == "80" && !d.https || port == "443" && d.https:
		return server
	}
	return server + ":" + port
}

// remoteAddr is the client's address in net/http's form; without a known port it is 0.
func (d *derivation) remoteAddr() string {
	addr, port := d.vars[derivedRemote], d.vars[derivedRemotePort]
	switch {
	case addr == "":
		return ""
	case port == "":
		port = "0"
	}
	if strings.Contains(addr, ":") {
		return "[" + addr + "]:" + port
	}
	return addr + ":" + port
}
