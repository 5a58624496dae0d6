package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/internal/demo"
	"github.com/postern-gateway/postern/protocol"
)

// viaHTTP is the header field by which a test asks for the net/http handler. Without it the native
// one answers.
const viaHTTP = "X-Via-Http"

// An exercise is the handler behind the fronts: the demo, and below /t/ what else the cases need.
// Both are there natively and through FromHTTP.
type exercise struct {
	mu      sync.Mutex
	visits  map[string]*visit
	byHTTP  protocol.Handler
	natives protocol.Handler
}

// A visit is one request that a case wants to watch from this side.
type visit struct {
	started chan struct{} // closed when the handler runs
	release chan struct{} // closed when it may go on
	ended   chan error    // why its context ended
}

func newExercise() *exercise {
	e := &exercise{visits: map[string]*visit{}, natives: demo.Native()}
	e.byHTTP = protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !e.serve(w, r) {
			demo.HTTP().ServeHTTP(w, r)
		}
	}))
	return e
}

// Serve answers natively, or by net/http where the request asks for it.
func (e *exercise) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	if r.Params.Get("HTTP_X_VIA_HTTP") != "" {
		return e.byHTTP.Serve(w, r)
	}
	hr, err := r.HTTP()
	if err != nil {
		return err
	}
	if e.serve(w, hr) {
		return nil
	}
	return e.natives.Serve(w, r)
}

// visit returns the visit of that name, which handler and case share.
func (e *exercise) visit(id string) *visit {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := e.visits[id]
	if v == nil {
		v = &visit{make(chan struct{}), make(chan struct{}), make(chan error, 1)}
		e.visits[id] = v
	}
	return v
}

// serve answers the paths below /t/ and reports whether it did.
func (e *exercise) serve(w http.ResponseWriter, r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, "/t/")
	if !ok {
		return false
	}
	name, _, _ := strings.Cut(rest, "/")
	switch name {
	case "request":
		serveRequest(w, r)
	case "sum":
		serveSum(w, r)
	case "early":
		serveEarly(w)
	case "before":
		serveBefore(w, r)
	case "fields":
		serveFields(w)
	case "redirect":
		w.Header().Set("Location", r.URL.Query().Get("to"))
		code, _ := strconv.Atoi(r.URL.Query().Get("code"))
		w.WriteHeader(code)
	case "hints":
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, demo.Hello)
	case "short":
		w.Header().Set("Content-Length", "100000")
		_, _ = io.CopyN(w, demo.Bytes(1000), 1000)
	case "cut":
		_, _ = io.CopyN(w, demo.Bytes(50_000), 50_000)
		_ = http.NewResponseController(w).Flush()
		panic("interop: a panic amid the answer was asked for")
	case "flush":
		e.serveFlush(w, r)
	case "gone":
		e.serveGone(w, r)
	case "ws":
		serveWebSocket(w, r)
	default:
		return false
	}
	return true
}

// A seen is what a handler finds in its request.
type seen struct {
	Method, Path, URI, Query, Host, Remote string
	TLS                                    bool
	Length                                 int64
	Header                                 http.Header
}

func serveRequest(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(seen{
		Method: r.Method, Path: r.URL.Path, URI: r.RequestURI, Query: r.URL.RawQuery, Host: r.Host, Remote: r.RemoteAddr,
		TLS: r.TLS != nil || r.URL.Scheme == "https", Length: r.ContentLength, Header: r.Header,
	})
}

// sum describes a body so that a test can tell it from every other.
func sum(r io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return fmt.Sprintf("%d bytes %x", n, h.Sum(nil)), err
}

func serveSum(w http.ResponseWriter, r *http.Request) {
	s, err := sum(r.Body)
	if err != nil {
		http.Error(w, "after "+s+": "+err.Error(), protocol.Status(err))
		return
	}
	_, _ = io.WriteString(w, s)
}

// earlyBody is what /t/early answers without a look at the request's body.
var earlyBody = strings.Repeat("this is too much for us\n", 1000)

func serveEarly(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(earlyBody)))
	w.WriteHeader(http.StatusRequestEntityTooLarge)
	_, _ = io.WriteString(w, earlyBody)
}

const beforeBytes = 200 << 10

// serveBefore writes before it reads, and then says what it read.
func serveBefore(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.CopyN(w, demo.Bytes(beforeBytes), beforeBytes)
	s, err := sum(r.Body)
	if err != nil {
		s += ": " + err.Error()
	}
	_, _ = io.WriteString(w, s)
}

// longField is a value that alone fills more than a page.
var longField = strings.Repeat("abcdefgh", 6<<10/8)

func serveFields(w http.ResponseWriter) {
	h := w.Header()
	h.Add("Set-Cookie", "a=1; Path=/")
	h.Add("Set-Cookie", "b=2; Path=/")
	h.Set("X-Long", longField)
	h.Set("X-Unicode", "caf\xc3\xa9")
	h.Set("Content-Type", "text/x-exercise; charset=utf-8")
	_, _ = io.WriteString(w, demo.Hello)
}

// serveFlush sends a piece, and the rest only when the case has seen that piece.
func (e *exercise) serveFlush(w http.ResponseWriter, r *http.Request) {
	v := e.visit(r.URL.Query().Get("id"))
	w.Header().Set("X-Accel-Buffering", "no") // by which a response tells nginx not to collect it
	_, _ = io.WriteString(w, "first\n")
	if err := http.NewResponseController(w).Flush(); err != nil {
		panic(err)
	}
	select {
	case <-v.release:
		_, _ = io.WriteString(w, "second\n")
	case <-r.Context().Done():
	}
}

// serveGone waits for the end of its context without reading or writing. With ?write it writes
// meanwhile.
func (e *exercise) serveGone(w http.ResponseWriter, r *http.Request) {
	v := e.visit(r.URL.Query().Get("id"))
	close(v.started)
	if r.URL.Query().Has("write") {
		v.ended <- writeUntilGone(r.Context(), w)
		return
	}
	select {
	case <-r.Context().Done():
		v.ended <- context.Cause(r.Context())
	case <-v.release:
		v.ended <- errors.New("released before the context ended")
	}
}

func writeUntilGone(ctx context.Context, w http.ResponseWriter) error {
	control := http.NewResponseController(w)
	piece := bytes.Repeat([]byte("still here\n"), 1000)
	for ctx.Err() == nil {
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if err := control.Flush(); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

func serveWebSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	// The connection is the handler's now, and outlives the request's context in net/http too.
	ctx := context.WithoutCancel(r.Context())
	for {
		kind, b, err := c.Read(ctx)
		if err != nil {
			return
		}
		if err := c.Write(ctx, kind, b); err != nil {
			return
		}
	}
}
