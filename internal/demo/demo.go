// Package demo is the backend that helps people check their fronts: a few paths that show what
// arrives and exercise what can go wrong. It is there twice, as a native handler and as a net/http
// one, with the same answers.
//
//	/                   "hello, world\n" as text/plain
//	/vars               the meta-variables in order, a JSON array of [name, value]
//	/echo               the request's body
//	/bytes?n=N          N bytes, those of Bytes
//	/sleep?ms=N         an answer after N milliseconds
//	/stream?n=N&ms=M    N lines, a flushed one each M milliseconds
//	/status?code=N      that status
//	/panic              a panic
//	/ws                 a WebSocket that sends back what it gets
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// Hello is the body of "/".
const Hello = "hello, world\n"

// Native returns the demo as a native handler.
func Native() protocol.Handler { return protocol.HandlerFunc(serveNative) }

// HTTP returns the demo as a net/http handler.
func HTTP() http.Handler { return http.HandlerFunc(serveHTTP) }

func serveNative(w protocol.ResponseWriter, r *protocol.Request) error {
	path, query := location(r.Params)
	if path == "/" {
		return hello(w)
	}
	return exchange{w: w, path: path, rawQuery: query, native: r}.serve()
}

func serveHTTP(w http.ResponseWriter, r *http.Request) {
	err := exchange{w: w, path: r.URL.Path, rawQuery: r.URL.RawQuery, http: r}.serve()
	if err != nil {
		// net/http has no way to return an error: an answer, if none has begun, else a cut.
		if _, begun := errors.AsType[*answeredError](err); begun {
			panic(http.ErrAbortHandler)
		}
		http.Error(w, err.Error(), protocol.Status(err))
	}
}

// location finds the path, decoded, and the query, whichever of the variables a front sends.
func location(p protocol.Params) (path, query string) {
	if uri := p.Get("REQUEST_URI"); strings.HasPrefix(uri, "/") {
		path, query, _ = strings.Cut(uri, "?")
		if decoded, err := url.PathUnescape(path); err == nil {
			path = decoded
		}
		return path, query
	}
	if path = p.Get("SCRIPT_NAME") + p.Get("PATH_INFO"); path == "" {
		path = "/"
	}
	return path, p.Get("QUERY_STRING")
}

// An exchange is one request, natively or by net/http: one of the last two fields is set.
type exchange struct {
	w        http.ResponseWriter
	path     string
	rawQuery string
	native   *protocol.Request
	http     *http.Request
}

// answeredError wraps an error that came when the answer had begun.
type answeredError struct{ error }

func (e *answeredError) Unwrap() error { return e.error }

func (c exchange) serve() error {
	switch c.path {
	case "/":
		return hello(c.w)
	case "/vars":
		return c.vars()
	case "/echo":
		return c.echo()
	case "/bytes":
		return c.bytes()
	case "/sleep":
		return c.sleep()
	case "/stream":
		return c.stream()
	case "/status":
		return c.status()
	case "/panic":
		panic("demo: /panic was asked for")
	case "/ws":
		return c.webSocket()
	}
	c.text(http.StatusNotFound, "no such path: "+strconv.Quote(c.path)+
		"\ntry / /vars /echo /bytes?n=N /sleep?ms=N /stream?n=N&ms=M /status?code=N /panic /ws\n")
	return nil
}

// What hello sets, made once: it is the answer that is asked for most.
var helloType, helloLength = []string{"text/plain"}, []string{strconv.Itoa(len(Hello))}

func hello(w http.ResponseWriter) error {
	h := w.Header()
	h["Content-Type"], h["Content-Length"] = helloType, helloLength
	_, err := io.WriteString(w, Hello)
	return err
}

func (c exchange) vars() error {
	pairs := [][2]string{}
	for name, value := range c.params().All() {
		pairs = append(pairs, [2]string{name, value})
	}
	b, err := json.Marshal(pairs)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	_, err = c.w.Write(append(b, '\n'))
	return err
}

func (c exchange) echo() error {
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if t := c.field("Content-Type"); t != "" {
		h.Set("Content-Type", t)
	}
	if n := c.length(); n >= 0 {
		h.Set("Content-Length", strconv.FormatInt(n, 10))
	}
	return answered(io.Copy(c.w, c.body()))
}

func (c exchange) bytes() error {
	n, err := c.number("n", 0)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	return answered(io.Copy(c.w, Bytes(n)))
}

func (c exchange) sleep() error {
	ms, err := c.number("ms", 0)
	if err != nil {
		return err
	}
	if err := c.wait(ms); err != nil {
		return err
	}
	c.text(http.StatusOK, fmt.Sprintf("slept for %d ms\n", ms))
	return nil
}

func (c exchange) stream() error {
	n, err := c.number("n", 5)
	if err != nil {
		return err
	}
	ms, err := c.number("ms", 200)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	control := http.NewResponseController(c.w)
	for i := range n {
		if i > 0 {
			if err := c.wait(ms); err != nil {
				return &answeredError{err}
			}
		}
		if _, err := fmt.Fprintf(c.w, "line %d of %d\n", i+1, n); err != nil {
			return &answeredError{err}
		}
		if err := control.Flush(); err != nil {
			return &answeredError{err}
		}
	}
	return nil
}

func (c exchange) status() error {
	code, err := c.number("code", http.StatusOK)
	if err != nil {
		return err
	}
	c.text(int(code), fmt.Sprintf("%d %s\n", code, http.StatusText(int(code))))
	return nil
}

// text answers with a text. A status that has no body goes without.
func (c exchange) text(status int, s string) {
	if status < 200 || status == http.StatusNoContent || status == http.StatusNotModified {
		c.w.WriteHeader(status)
		return
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(s)))
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, s) // there is nothing left to do for a client that has gone
}

// wait lets ms milliseconds pass, or returns why the request has ended before.
func (c exchange) wait(ms int64) error {
	if ms == 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	ctx := c.context()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// number is a number of the query that is not negative.
func (c exchange) number(name string, byDefault int64) (int64, error) {
	q, err := url.ParseQuery(c.rawQuery)
	if err != nil {
		return 0, &protocol.Error{Op: "demo: read query", Kind: protocol.ErrMalformed, Err: err}
	}
	s := q.Get(name)
	if s == "" {
		return byDefault, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, &protocol.Error{Op: "demo: read query", Kind: protocol.ErrMalformed,
			Detail: fmt.Sprintf("%s=%q is no number from 0 to 2^63-1", name, s)}
	}
	return n, nil
}

// answered marks the error of a copy that had already written.
func answered(n int64, err error) error {
	if err != nil && n > 0 {
		return &answeredError{err}
	}
	return err
}
