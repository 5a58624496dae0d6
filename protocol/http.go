package protocol

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Method returns REQUEST_METHOD, or "": without one nothing tells what the client asked for, and a
// server answers 400.
func (r *Request) Method() string { return r.Params.Get("REQUEST_METHOD") }

// method is Method also while the variables are not made.
func (r *Request) method() string {
	if r.web != nil {
		return r.web.from.Method
	}
	return r.Method()
}

func (r *Request) isHead() bool { return r.method() == http.MethodHead }

// noMethod is what a request without a REQUEST_METHOD fails with: its front has most often
// forgotten an include.
func (r *Request) noMethod() error {
	detail := "no REQUEST_METHOD"
	switch r.Protocol {
	case "fastcgi", "scgi", "uwsgi":
		detail += ": nginx sends one by `include " + r.Protocol + "_params;`"
	}
	return &Error{Protocol: r.Protocol, Op: "read params", Kind: ErrMalformed, Detail: detail}
}

// RequestURI returns the request's target as the client sent it, as far as the variables tell.
func (r *Request) RequestURI() string {
	if uri := r.Params.Get("REQUEST_URI"); uri != "" {
		return uri
	}
	if u, err := r.URL(); err == nil {
		return u.RequestURI()
	}
	return ""
}

// URL returns the request's target. Like net/http's it has no host: see Host.
func (r *Request) URL() (*url.URL, error) {
	u := new(url.URL)
	return u, derive(r.Params).url(u)
}

// Host returns the host that the client asked for, with its port unless that is the scheme's own.
func (r *Request) Host() string { return derive(r.Params).hostPort() }

// RemoteAddr returns the client's address and port, "192.0.2.1:1234"; the port is 0 where the front
// tells none.
func (r *Request) RemoteAddr() string { return derive(r.Params).remoteAddr() }

// Scheme returns "https" where the front says so by HTTPS or REQUEST_SCHEME, else "http".
func (r *Request) Scheme() string {
	if isOn(r.Params.Get("HTTPS")) || strings.EqualFold(r.Params.Get("REQUEST_SCHEME"), "https") {
		return "https"
	}
	return "http"
}

// Header returns the request's header fields. Fields that came more than once are joined. There is
// no Host, no Proxy, and no Content-Length among them.
func (r *Request) Header() http.Header {
	var d derivation
	d.readHeader(r.Params, d.read(r.Params), nil)
	return d.header
}

// template is what a derived request is copied from, only because that is how one is given its
// context.
var template http.Request

// A derivedRequest is a request, and what it points to, in one allocation.
type derivedRequest struct {
	http.Request
	url    url.URL
	values [12]string // of the header
	length [1]string  // Content-Length
}

// HTTP derives the request that a net/http handler sees. Its body and its context are r's. Without
// a REQUEST_METHOD there is none, but for an Authorizer, which need not be told one: it is GET
// then.
func (r *Request) HTTP() (*http.Request, error) {
	var d derivation
	fields := d.read(r.Params)
	if r.ContentLength > 0 {
		fields++
	}
	all := new(derivedRequest)
	if err := d.url(&all.url); err != nil {
		return nil, err
	}
	d.readHeader(r.Params, fields, all.values[:])
	all.Request = *template.WithContext(r.within(r.Context()))
	hr := &all.Request
	hr.URL, hr.Header, hr.RequestURI = &all.url, d.header, d.vars[derivedURI]
	if hr.RequestURI == "" {
		hr.RequestURI = all.url.RequestURI()
	}
	switch hr.Method = d.vars[derivedMethod]; {
	case hr.Method == "" && r.Role == Authorizer:
		hr.Method = http.MethodGet
	case hr.Method == "":
		return nil, r.noMethod()
	}
	if !httpguts.ValidHeaderFieldName(hr.Method) { // a method is a token, as a field's name is
		return nil, &Error{Op: "derive request", Kind: ErrMalformed, Detail: "REQUEST_METHOD " + strconv.Quote(Clip(hr.Method))}
	}
	hr.Proto, hr.ProtoMajor, hr.ProtoMinor = protoVersion(d.vars[derivedProto])
	hr.Host, hr.RemoteAddr = d.hostPort(), d.remoteAddr()
	if d.https {
		if hr.TLS = r.tls; hr.TLS == nil {
			hr.TLS = secure()
		}
	}
	hr.ContentLength, hr.Body = r.ContentLength, r.httpBody()
	if get := r.GetBody; get != nil && hr.Body != http.NoBody {
		hr.GetBody = func() (io.ReadCloser, error) {
			body, err := get()
			if err != nil {
				return nil, err
			}
			return readCloser(body), nil
		}
	}
	if r.ContentLength > 0 {
		all.length[0] = strconv.FormatInt(r.ContentLength, 10)
		hr.Header["Content-Length"] = all.length[:]
	}
	return hr, nil
}

func (r *Request) httpBody() io.ReadCloser {
	// a net/http client takes a length of 0 with a body for an unknown one
	if r.Body == nil || r.ContentLength == 0 {
		return http.NoBody
	}
	return readCloser(r.Body)
}

// protoVersion reads SERVER_PROTOCOL. INCLUDED (RFC 3875 section 4.1.16), nothing and nonsense are
// HTTP/1.1.
func protoVersion(s string) (proto string, major, minor int) {
	switch s {
	case "HTTP/1.1":
		return s, 1, 1
	case "HTTP/2", "HTTP/2.0":
		return "HTTP/2.0", 2, 0
	case "HTTP/3", "HTTP/3.0":
		return "HTTP/3.0", 3, 0
	}
	if major, minor, ok := http.ParseHTTPVersion(s); ok {
		return s, major, minor
	}
	return "HTTP/1.1", 1, 1
}

// FromHTTP returns a Handler that serves h: over any protocol it finds a request such as net/http's
// own server would give it. Repeated header fields are joined into one value; Host and TLS are what
// the front says of the client. As the handler of a [Loop] behind net/http's server it gets that
// server's request, unless this differs from the one that would be derived, as where a field is
// repeated.
func FromHTTP(h http.Handler) Handler { return fromHTTP{h} }

type fromHTTP struct{ http.Handler }

func (f fromHTTP) Serve(w ResponseWriter, r *Request) error {
	hr, err := r.HTTP()
	if err != nil {
		return err
	}
	return serveHTTP(f.Handler, w, hr)
}

func serveHTTP(h http.Handler, w ResponseWriter, hr *http.Request) error {
	h.ServeHTTP(w, hr)
	if hr.MultipartForm != nil {
		return hr.MultipartForm.RemoveAll()
	}
	return nil
}
