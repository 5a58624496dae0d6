package protocol

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// ToHTTP returns an http.Handler that serves h, by the rules that hold over every other protocol
// and with the default [Limits]. A response that is not whole is cut off, as by
// http.ErrAbortHandler. The reason phrase is net/http's.
func ToHTTP(h Handler) http.Handler { return &Loop{Handler: h} }

// ServeHTTP serves one request that net/http's server has read: [ToHTTP] with limits and a log of
// one's own.
func (l *Loop) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	r := newWebRequest(hr)
	_, foremost := w.(interface{ Foremost() })
	r.PathChecked = !foremost // by who has called the handler of ToHTTP
	r.route(l.Handler, l.Observe != nil)
	if r.direct == nil || l.Observe != nil {
		r.build()
	}
	r.enc.w, r.enc.hr = w, hr
	watch, _ := w.(watch)
	l.exchange(hr.Context(), l.limits(), nil, watch, &r.Request, r.enc.encoder(), nil)
	if r.enc.cut {
		panic(http.ErrAbortHandler)
	}
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
		WriteHead(status int, phrase string, h http.Header)
	}); ok {
		w.WriteHead(status, reason(status, h), h)
		return nil
	}
	e.copy(h)
	delete(e.w.Header(), "Status")
	e.w.WriteHeader(status)
	return nil
}

// MakesHead reports whether the head of a whole body of that length is made below: 200, with the
// type that is found for the body, and its length.
func (e *httpEncoder) MakesHead(length int64) bool {
	w, ok := e.w.(interface{ MakesHead(length int64) bool })
	return ok && w.MakesHead(length)
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

func (e *httpEncoder) Write(p []byte) (int, error) {
	n, err := e.w.Write(p)
	return n, unsent(err)
}

// ReadFrom leaves r's own errors as they are.
func (e *httpEncoder) ReadFrom(r io.Reader) (int64, error) {
	noted := &notedReader{Reader: r}
	if !isSocketOrFile(r) { // which net/http sends by itself
		r = noted
	}
	n, err := io.Copy(e.w, r)
	if err == nil || err == noted.err || isOfReading(err) {
		return n, err
	}
	return n, unsent(err)
}

func (e *httpEncoder) Flush() error {
	err := http.NewResponseController(e.w).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return unsent(err)
}

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
