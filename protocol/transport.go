package protocol

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

// A Transport sends the requests of an [http.Client], or of a ReverseProxy of net/http/httputil, to
// a backend by any protocol. It is an [http.RoundTripper], safe for concurrent use, and must not be
// changed once in use. Only Backend must be set.
//
// The variables are those that [NewRequest] makes. A request's URL and Host say what the client
// asks for, not where the backend is, which Backend knows. REMOTE_ADDR is the request's RemoteAddr,
// as a ReverseProxy passes it on, else 127.0.0.1. Trailers are neither sent nor received, interim
// responses are not told of, and no compression is asked for.
//
// An error of the backend, or of the connection to it, is an [*Error], also one that comes while
// the response's body is read. The request's context ends the exchange, but for that of a 101: then
// the response's Body is an [io.ReadWriteCloser], whose Close ends it.
type Transport struct {
	Backend RoundTripper

	// Rewrite may change the request that goes out, as to set the SCRIPT_FILENAME that php-fpm
	// runs. Its Params are its own.
	Rewrite func(out *Request)
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(hr *http.Request) (*http.Response, error) {
	body := &sentBody{body: hr.Body}
	res, err := t.exchange(hr, body)
	if err != nil || res.StatusCode == http.StatusSwitchingProtocols {
		body.Close()
		return res, err
	}
	res.Body = receivedBody{res.Body, body}
	return res, nil
}

// exchange sends hr with that body, and makes the response. It leaves the body open.
func (t *Transport) exchange(hr *http.Request, body *sentBody) (*http.Response, error) {
	out, err := t.outgoing(hr, body)
	if err != nil {
		return nil, err
	}
	res, err := t.Backend.RoundTrip(hr.Context(), out)
	if err != nil {
		return nil, err
	}
	if s := res.Status; s < 200 && s != http.StatusSwitchingProtocols || s > 999 {
		res.Body.Close()
		return nil, &Error{Op: "read response", Kind: ErrUpstream, Detail: "status " + strconv.Itoa(s) + " is no final one"}
	}
	return webResponse(res, hr), nil
}

// outgoing makes the request that goes out.
func (t *Transport) outgoing(hr *http.Request, body *sentBody) (*Request, error) {
	if err := sendable(hr); err != nil {
		return nil, err
	}
	from := hr.WithContext(hr.Context()) // a copy
	from.Host = cmp.Or(hr.Host, hr.URL.Host)
	from.RemoteAddr = cmp.Or(hr.RemoteAddr, Loopback)
	from.RequestURI = hr.URL.RequestURI() // that of a ReverseProxy's request is its own client's
	if hr.URL.Scheme == "https" && hr.TLS == nil {
		from.TLS = secure()
	}
	if hr.Body != nil && hr.Body != http.NoBody {
		from.Body = body
	}
	out := NewRequest(from)
	if n := out.ContentLength; hr.GetBody != nil && 0 < n && n <= smallBody {
		if err := out.takeSmallBody(); err != nil {
			return nil, err
		}
	}
	// an empty one is how net/http's clients are told to send none
	out.Params = slices.DeleteFunc(out.Params, func(v Param) bool { return v == Param{Name: "HTTP_USER_AGENT"} })
	if t.Rewrite != nil {
		t.Rewrite(out)
	}
	return out, nil
}

// smallBody is the size up to which a body that can be had again, and so waits for nobody, is read
// before it is sent. What is in memory leaves with the head, in one write and without a goroutine.
const smallBody = 16 << 10

// takeSmallBody reads the body into memory.
func (r *Request) takeSmallBody() error {
	b := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return &Error{Op: "read request body", Kind: ErrAborted, Err: err}
	}
	r.Body = bytes.NewReader(b)
	return nil
}

// sendable returns an error for what no server would have given a handler.
func sendable(hr *http.Request) error {
	wrong := ""
	switch {
	case hr.URL == nil:
		wrong = "no URL"
	case !httpguts.ValidHeaderFieldName(methodOf(hr)):
		wrong = "method " + strconv.Quote(Clip(hr.Method))
	case !httpguts.ValidHostHeader(hr.Host):
		wrong = "host " + strconv.Quote(Clip(hr.Host))
	}
	for name, values := range hr.Header {
		wrong = cmp.Or(wrong, BadField(name, values))
	}
	if wrong == "" {
		return nil
	}
	return &Error{Op: "send request", Kind: ErrMalformed, Detail: wrong}
}

// webResponse is res as a response to hr.
func webResponse(res *Response, hr *http.Request) *http.Response {
	out := &http.Response{
		StatusCode: res.Status, Status: strconv.Itoa(res.Status) + " " + reason(res.Status, res.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: res.Header, Body: res.Body, Request: hr,
	}
	delete(res.Header, "Status")
	if bodyAllowed(res.Status) {
		out.ContentLength = declaredLength(res.Header)
	}
	return out
}

// declaredLength is the Content-Length of a response's header, or -1.
func declaredLength(h http.Header) int64 {
	if n, err := parseLength(h.Get("Content-Length")); err == nil {
		return n
	}
	return -1
}

// CloseIdleConnections calls the method of that name that Backend may have.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.Backend.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
