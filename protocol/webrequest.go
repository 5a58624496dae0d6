package protocol

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A webRequest is a request that net/http's server has read, with what serves it, in one
// allocation.
type webRequest struct {
	Request
	enc  httpEncoder
	peer peer

	from  *http.Request // what the variables are made of
	built bool          // they are made; guarded by the context's mu

	direct http.Handler // needs no variables: they are made when somebody asks for them
	mount  string       // at which they are: see At
	own    http.Request // what it gets
	url    url.URL      // of own
}

func newWebRequest(hr *http.Request) *webRequest {
	r := &webRequest{from: hr}
	r.Protocol, r.ContentLength, r.ctx, r.tls = "http", lengthOf(hr), hr.Context(), hr.TLS
	if hr.RemoteAddr != "" {
		r.peer = peer(hr.RemoteAddr)
		r.Peer = &r.peer
	}
	if hr.Body != nil && hr.Body != http.NoBody {
		r.Body = hr.Body
		if get := hr.GetBody; get != nil {
			r.GetBody = func() (io.Reader, error) { return get() }
		}
	}
	return r
}

// NewRequest returns hr as variables and a body. Header fields whose names could pose as another's
// variable (an underscore for a hyphen, a dot) are left out, and so is Proxy, which would pose as
// the environment's HTTP_PROXY. Its context is hr's.
func NewRequest(hr *http.Request) *Request {
	r := newWebRequest(hr)
	r.build()
	return &r.Request
}

// build makes the variables, once.
func (r *webRequest) build() {
	r.end.mu.Lock()
	defer r.end.mu.Unlock()
	if r.built {
		return
	}
	r.built, r.Params = true, paramsOf(r.from)
	if r.direct != nil && r.mount != "" {
		rest, _ := Below(pathOf(r.from), r.mount)
		r.Params.setPath(trimMount(r.mount), rest)
	}
}

// paramsOf returns the variables of hr.
func paramsOf(hr *http.Request) Params {
	p := make(Params, 0, len(variables)+len(hr.Header))
	for i := range variables {
		if v := &variables[i]; v.from != nil {
			if value, ok := v.from(hr); ok {
				p.Add(v.name, value)
			}
		}
	}
	if hr.TLS != nil {
		p = appendSecure(p, hr.TLS)
	}
	var room [32]string
	names := room[:0]
	for name := range hr.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := hr.Header[name]
		if v := variableName(name); v != "" && len(values) > 0 {
			p.Add(v, joinField(http.CanonicalHeaderKey(name), values))
		}
	}
	return p
}

// A peer is an address as net/http's server tells it.
type peer string

func (peer) Network() string  { return "tcp" }
func (p peer) String() string { return string(p) }

// variableName turns X-Forwarded-For into HTTP_X_FORWARDED_FOR (RFC 3875 section 4.1.18), or into
// "" what must not become one.
func variableName(field string) string {
	if f := fieldByHeader[field]; f != nil && f.withheld&ToHandler == 0 && field != "Host" {
		return f.name
	}
	if !canBeVariable(field) {
		return ""
	}
	name := "HTTP_" + strings.ReplaceAll(strings.ToUpper(field), "-", "_")
	// told by a variable of its own, or by none
	if byName[name] != nil || Withheld(name, ToHandler) {
		return ""
	}
	return name
}

// canBeVariable reports whether a field's name cannot pose as another's in a variable.
func canBeVariable(field string) bool {
	for i := 0; i < len(field); i++ {
		if c := field[i]; c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
