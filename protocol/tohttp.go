package protocol

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ToHTTP returns an http.Handler that serves h, by the rules that hold over every other protocol
// and with the default [Limits]. A response that is not whole is cut off, as by
// http.ErrAbortHandler. The reason phrase is net/http's.
func ToHTTP(h Handler) http.Handler { return &Loop{Handler: h} }

// ServeHTTP serves one request that net/http's server has read: [ToHTTP] with limits and a log of
// one's own.
func (l *Loop) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	lim := l.Limits.Resolve()
	enc := &httpEncoder{w: w, hr: hr}
	l.exchange(hr.Context(), &lim, nil, nil, NewRequest(hr), enc.encoder(), nil)
	if enc.cut {
		panic(http.ErrAbortHandler)
	}
}

// NewRequest returns hr as variables and a body. Header fields whose names could pose as another's
// variable (an underscore for a hyphen, a dot) are left out, and so is Proxy, which would pose as
// the environment's HTTP_PROXY. Its context is hr's.
func NewRequest(hr *http.Request) *Request {
	r := &Request{Protocol: "http", ContentLength: lengthOf(hr), ctx: hr.Context()}
	if hr.RemoteAddr != "" {
		r.Peer = peer(hr.RemoteAddr)
	}
	if hr.Body != nil && hr.Body != http.NoBody {
		r.Body = hr.Body
	}
	r.Params = make(Params, 0, 20+len(hr.Header))
	for i := range variables {
		if v := &variables[i]; v.from != nil {
			if value, ok := v.from(hr); ok {
				r.Params.Add(v.name, value)
			}
		}
	}
	names := make([]string, 0, len(hr.Header))
	for name := range hr.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := hr.Header[name]
		if v := variableName(name); v != "" && len(values) > 0 {
			r.Params.Add(v, joinField(http.CanonicalHeaderKey(name), values))
		}
	}
	return r
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
	for i := 0; i < len(field); i++ {
		if c := field[i]; c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	name := "HTTP_" + strings.ReplaceAll(strings.ToUpper(field), "-", "_")
	// told by a variable of its own, or by none
	if byName[name] != nil || Withheld(name, ToHandler) {
		return ""
	}
	return name
}

// An httpEncoder frames a response by way of net/http's ResponseWriter.
type httpEncoder struct {
	w   http.ResponseWriter
	hr  *http.Request
	cut bool // the response is not whole

	switching http.Header // of a 101, until the connection is hijacked
}

// encoder returns e, with Hijack where its writer has that: HTTP/2's has not.
func (e *httpEncoder) encoder() Encoder {
	for w := e.w; ; {
		switch t := w.(type) {
		case http.Hijacker:
			return httpHijacker{e}
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return e
		}
	}
}

func (e *httpEncoder) WriteHeader(status int, h http.Header) error {
	if status == http.StatusSwitchingProtocols {
		e.switching = h.Clone()
		return nil
	}
	if w, ok := e.w.(interface {
		SetReason(status int, phrase string)
	}); ok {
		w.SetReason(status, reason(status, h))
	}
	e.copy(h)
	delete(e.w.Header(), "Status")
	e.w.WriteHeader(status)
	return nil
}

// copy copies h, values and all: the core takes its own back.
func (e *httpEncoder) copy(h http.Header) {
	dst := e.w.Header()
	for name, values := range h {
		dst[name] = slices.Clone(values)
	}
}

// WriteInformational sends a 1xx.
func (e *httpEncoder) WriteInformational(status int, h http.Header) {
	e.copy(h)
	e.w.WriteHeader(status)
	clear(e.w.Header())
}

func (e *httpEncoder) Write(p []byte) (int, error) { return e.w.Write(p) }

func (e *httpEncoder) ReadFrom(r io.Reader) (int64, error) { return io.Copy(e.w, r) }

func (e *httpEncoder) Flush() error { return http.NewResponseController(e.w).Flush() }

func (e *httpEncoder) Close(cause error) error {
	e.cut = cause != nil
	return nil
}

// A httpHijacker is a httpEncoder whose connection can be had.
type httpHijacker struct{ *httpEncoder }

// Hijack sends the head of a 101 itself: net/http's would have left also where its Hijack fails. An
// error of sending is rw's.
func (e httpHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(e.w).Hijack()
	if err == nil && e.switching != nil {
		e.copy(e.switching)
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
		e.w.Header().Write(rw)
		rw.WriteString("\r\n")
		rw.Flush()
	}
	return conn, rw, err
}

func (e *httpEncoder) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(e.w).SetReadDeadline(t)
}

// InterruptRead ends a Read of the body that waits. Where the ResponseWriter can it does so itself,
// because a deadline alone may reach another read: once the body has been read to its end, net/http
// reads on to notice a client that leaves, and an error of that read ends the context of all later
// requests of the connection.
func (e *httpEncoder) InterruptRead() {
	for w := e.w; ; {
		switch t := w.(type) {
		case interface{ InterruptRead() }:
			t.InterruptRead()
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			e.SetReadDeadline(time.Unix(1, 0))
			return
		}
	}
}

func (e *httpEncoder) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(e.w).SetWriteDeadline(t)
}

// FullDuplex is for clients of HTTP/1.1 on: one of HTTP/1.0 (nginx's proxy_pass by default) waits
// for nothing but an answer.
func (e *httpEncoder) FullDuplex() error {
	if !e.hr.ProtoAtLeast(1, 1) {
		return http.ErrNotSupported
	}
	return http.NewResponseController(e.w).EnableFullDuplex()
}
