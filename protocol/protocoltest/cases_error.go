package protocoltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// failures are what handlers return, by name, and the status that each must become.
var failures = []struct {
	name   string
	err    error
	status int
}{
	{"malformed", &protocol.Error{Op: "test", Kind: protocol.ErrMalformed, Detail: "a detail"}, 400},
	{"too-large", &protocol.Error{Op: "test", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(70000, 65536, "bytes")}, 413},
	{"unsupported", &protocol.Error{Op: "test", Kind: protocol.ErrUnsupported}, 501},
	{"not-found", &protocol.Error{Op: "test", Kind: protocol.ErrNotFound, Err: errors.New("lstat /srv/secret: no such file or directory")}, 404},
	{"forbidden", &protocol.Error{Op: "test", Kind: protocol.ErrForbidden, Detail: "/srv/secret: a directory"}, 403},
	{"aborted", &protocol.Error{Op: "test", Kind: protocol.ErrAborted}, 400},
	{"upstream", &protocol.Error{Op: "test", Kind: protocol.ErrUpstream}, 502},
	{"upstream-slow", &protocol.Error{Op: "test", Kind: protocol.ErrUpstream, Err: context.DeadlineExceeded}, 504},
	{"own-status", &protocol.Error{Op: "test", Kind: protocol.ErrTooLarge, Status: 431}, 431},
	{"come-again", &protocol.Error{Op: "test", Kind: protocol.ErrUpstream, Status: 503, RetryAfter: 1500 * time.Millisecond}, 503},
	{"bare-kind", protocol.ErrTooLarge, 413},
	{"wrapped", fmt.Errorf("around: %w", protocol.ErrUnsupported), 501},
	{"unexpected-eof", io.ErrUnexpectedEOF, 400},
	{"any", errors.New("a secret of the house"), 500},
}

func failure(name string) error {
	for _, f := range failures {
		if f.name == name {
			return f.err
		}
	}
	panic(name)
}

var errorCases = []testCase{
	{
		name: "error-statuses",
		want: "An error that a handler returns before output becomes its kind's status, with its Retry-After if it has one; the page does not tell the client why.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			return failure(r.Params.Get("HTTP_X_ERROR"))
		}),
		check: func(x *trial) {
			for _, f := range failures {
				got := x.do(x.request("GET", "/", "HTTP_X_ERROR", f.name))
				x.status(got, f.status)
				x.field(got, "Content-Type", "text/plain; charset=utf-8")
				if f.name == "come-again" {
					x.field(got, "Retry-After", "2") // whole seconds, and no time too early
				} else {
					x.field(got, "Retry-After")
				}
				if got.body != itoa(f.status)+" "+http.StatusText(f.status)+"\n" {
					x.Errorf("%s: the page is %q", f.name, got.body)
				}
			}
		},
	},
	{
		name: "error-before-output",
		want: "An error after WriteHeader and a small body, before anything was sent, is a clean error page without a trace of them.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			w.Header().Set("X-Half", "done")
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(201)
			io.WriteString(w, "half of it")
			return errors.New("it failed")
		}),
		check: func(x *trial) {
			for range 2 {
				got := x.get()
				x.status(got, 500)
				x.field(got, "X-Half")
				if strings.Contains(got.body, "half") {
					x.Errorf("the page is %q", got.body)
				}
			}
		},
	},
	{
		name: "error-after-output",
		want: "An error after output marks the response incomplete in whatever way the protocol has; it never looks whole where it can tell.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			io.WriteString(w, "half of it")
			w.(http.Flusher).Flush()
			return errors.New("it failed")
		}),
		check: func(x *trial) {
			for range 2 {
				x.cutIfSeen(x.end(x.request("GET", "/")))
			}
		},
	},
	{
		name: "error-after-output-declared",
		want: "An error within a declared length is always known to the client, on every network.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half of it")
			w.(http.Flusher).Flush()
			return errors.New("it failed")
		}),
		check: func(x *trial) { x.cut(x.end(x.request("GET", "/"))) },
	},
	{
		name: "error-then-next",
		want: "A request that failed, before output or after, does not harm the ones that follow.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			switch r.Params.Get("HTTP_X_HOW") {
			case "before":
				return errors.New("before")
			case "after":
				io.WriteString(w, strings.Repeat("x", 10000))
				w.(http.Flusher).Flush()
				return errors.New("after")
			}
			_, err := io.WriteString(w, "fine")
			return err
		}),
		check: func(x *trial) {
			for range 3 {
				x.status(x.do(x.request("GET", "/", "HTTP_X_HOW", "before")), 500)
				x.whole(x.get(), 200, "fine")
				x.end(x.request("GET", "/", "HTTP_X_HOW", "after"))
				x.whole(x.get(), 200, "fine")
			}
		},
	},
	{
		name: "error-of-head",
		want: "An error answers a HEAD without a body.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			return &protocol.Error{Op: "test", Kind: protocol.ErrUnsupported}
		}),
		check: func(x *trial) {
			for range 2 {
				x.whole(x.do(x.request("HEAD", "/")), 501, "")
			}
		},
	},
}

var panicCases = []testCase{
	{
		name: "panic-before-output",
		want: "A panic before output answers 500, tells the client nothing, and takes no other request with it.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			if r.Params.Get("HTTP_X_PANIC") != "" {
				w.Header().Set("X-Half", "done")
				io.WriteString(w, "half")
				panic("a secret of the house")
			}
			io.WriteString(w, "fine")
		}),
		check: func(x *trial) {
			for range 2 {
				got := x.do(x.request("GET", "/", "HTTP_X_PANIC", "1"))
				x.status(got, 500)
				x.field(got, "X-Half")
				if strings.Contains(got.body, "secret") {
					x.Errorf("the page is %q", got.body)
				}
				x.whole(x.get(), 200, "fine")
			}
			x.logs("a secret of the house")
		},
	},
	{
		name: "panic-after-output",
		want: "A panic after output cuts the response, and takes no other request with it.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			if r.Params.Get("HTTP_X_PANIC") != "" {
				io.WriteString(w, "half")
				w.(http.Flusher).Flush()
				panic(errors.New("a broken pipe in the kitchen"))
			}
			io.WriteString(w, "fine")
		}),
		check: func(x *trial) {
			for range 2 {
				x.cutIfSeen(x.end(x.request("GET", "/", "HTTP_X_PANIC", "1")))
				x.whole(x.get(), 200, "fine")
			}
			x.logs("a broken pipe in the kitchen")
		},
	},
	{
		name: "panic-with-body-unread",
		want: "A panic while a large body is still coming answers 500 all the same.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.ReadFull(r.Body, make([]byte, 10))
			panic("in the middle")
		}),
		check: func(x *trial) {
			if got := x.end(x.send(io.LimitReader(new(pattern), 3<<20), 3<<20)); !x.lost(got) {
				x.status(got, 500)
			}
		},
	},
	{
		name: "abort-before-output",
		want: "A panic with http.ErrAbortHandler before output sends nothing that could be taken for an answer.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Abort") != "" {
				panic(http.ErrAbortHandler)
			}
			io.WriteString(w, "fine")
		}),
		check: func(x *trial) {
			for range 2 {
				x.cut(x.end(x.request("GET", "/", "HTTP_X_ABORT", "1")))
				x.whole(x.get(), 200, "fine")
			}
		},
	},
	{
		name: "abort-after-output",
		want: "A panic with http.ErrAbortHandler after output cuts the response, and is no news for the log.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}),
		check: func(x *trial) {
			x.cut(x.end(x.request("GET", "/")))
			// to a gateway it is
			if s := x.log.String(); strings.Contains(s, "level=ERROR") && !x.pair.Chain {
				x.Errorf("the log has %s", s)
			}
		},
	},
}

// logs checks that the server has logged a text. A child process has a log of its own.
func (x *trial) logs(want string) {
	x.Helper()
	if !x.pair.scripts() && !x.log.await(want) {
		x.Errorf("the log does not mention %q:\n%s", want, x.log)
	}
}
