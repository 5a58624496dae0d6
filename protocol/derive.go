package protocol

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// A derivation is the HTTP request that variables describe.
type derivation struct {
	method, uri, proto  string
	script, path, query string
	host, server, port  string
	remote, remotePort  string
	https               bool
	scheme, contentType string
	header              http.Header
	values              []string // the header's values, cut one by one
}

// derive reads all of p in one pass. Of a variable that is there twice the last counts; header
// fields that are lists are joined.
func derive(p Params) *derivation {
	d := new(derivation)
	d.read(p)
	return d
}

func (d *derivation) read(p Params) {
	fields := 1
	for i := range p {
		if strings.HasPrefix(p[i].Name, "HTTP_") {
			fields++
		}
	}
	d.header = make(http.Header, fields)
	d.values = make([]string, fields)
	for i := range p {
		name := p[i].Name
		if strings.HasPrefix(name, "HTTP_") && name != "HTTP_HOST" {
			d.field(name, p[i].Value)
		} else if v := byName[name]; v != nil && v.to != nil {
			v.to(d, p[i].Value)
		}
	}
	if d.contentType != "" {
		d.add("Content-Type", d.contentType)
	}
	d.https = d.https || strings.EqualFold(d.scheme, "https")
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
// PATH_INFO, which are decoded.
func (d *derivation) url(u *url.URL) error {
	switch {
	case d.uri == "":
		path := d.script + d.path
		if path == "" {
			path = "/"
		}
		*u = url.URL{Path: path, RawQuery: d.query}
		return nil
	case plain(d.uri):
		path, query, has := strings.Cut(d.uri, "?")
		*u = url.URL{Path: path, RawQuery: query, ForceQuery: has && query == ""}
		return nil
	}
	parsed, err := url.ParseRequestURI(d.uri)
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
	if d.host != "" {
		return d.host
	}
	// RFC 3875 section 4.1.14 wants brackets, not all fronts give them
	if strings.Contains(d.server, ":") && d.server[0] != '[' {
		d.server = "[" + d.server + "]"
	}
	switch {
	case d.port == "" || d.port == "80" && !d.https || d.port == "443" && d.https:
		return d.server
	}
	return d.server + ":" + d.port
}

// remoteAddr is the client's address in net/http's form; without a known port it is 0.
func (d *derivation) remoteAddr() string {
	switch {
	case d.remote == "":
		return ""
	case d.remotePort == "":
		d.remotePort = "0"
	}
	if strings.Contains(d.remote, ":") {
		return "[" + d.remote + "]:" + d.remotePort
	}
	return d.remote + ":" + d.remotePort
}
