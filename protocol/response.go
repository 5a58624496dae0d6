package protocol

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// A response is the one ResponseWriter: HTTP's rules over any protocol's Encoder. What a handler
// writes is held back until it is more than fits, is flushed, or the handler returns: so a small
// answer has a true Content-Length, and one that fails early becomes a clean error page.
//
// It is part of its Request and never used for another, so that a goroutine that outlives its
// handler does no harm.
type response struct {
	req *Request
	lim *Limits

	mu        sync.Mutex
	enc       Encoder
	handler   http.Header       // the map that the handler sees
	head      *head             // what will be sent of it, from WriteHeader on
	status    int               // 0 until WriteHeader
	declared  int64             // Content-Length as the handler set it; -1: not
	written   int64             // of the body, also where none is sent
	prefix    *[prefixSize]byte // the body's first bytes, before the head is framed; nil: none
	held      int
	committed bool  // the head is framed
	noBody    bool  // HEAD, 204, 304: the body is counted and dropped
	upgrade   bool  // WriteHeader(101) was called
	duplex    bool  // EnableFullDuplex was called
	over      error // why nothing can be written any more

	// Held instead of mu by what must not wait for a Write that waits: see encoder.
	control  sync.Mutex
	returned bool // the handler has; then enc may be busy with another request

	tally *tally // for Loop.Observe; nil: nobody observes
}

// prefixSize is how much of a body is held back before the head is framed. It is bufpool.KiB4's.
const prefixSize = 4 << 10

var (
	errReturned = errors.New("protocol: write after the handler has returned")
	errHead     = errors.New("protocol: refused response head")

	errNotSwitched = errors.New("protocol: WriteHeader(101) without Hijack")
)

func (w *response) Header() http.Header {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handler == nil {
		w.handler = make(http.Header)
	}
	return w.handler
}

func (w *response) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("protocol: invalid WriteHeader code %d", status))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over != nil || w.status != 0:
	case status == http.StatusSwitchingProtocols:
		w.upgrade = true
	case status < 200:
		w.informational(status)
	case w.upgrade && status < 400:
		w.over = errNotSwitched
	default:
		w.fixHeader(status)
	}
}

// informational passes a 1xx on where the protocol can carry one (HTTP alone can).
func (w *response) informational(status int) {
	if e, ok := w.enc.(interface {
		WriteInformational(status int, h http.Header)
	}); ok {
		e.WriteInformational(status, w.handler)
	}
}

// fixHeader fixes status and header as they are now. A header that is refused ends the response.
func (w *response) fixHeader(status int) {
	w.status = status
	w.noBody = !bodyAllowed(status) || w.req.isHead()
	w.head = heads.Get().(*head)
	w.declared, w.over = w.head.copyFrom(w.handler, status)
}

// begin fixes status and header if nobody has. Where protocols were to be switched and are not,
// only an error can be the answer.
func (w *response) begin() {
	switch {
	case w.over != nil || w.status != 0:
	case w.upgrade:
		w.over = errNotSwitched
	default:
		w.fixHeader(http.StatusOK)
	}
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

func (w *response) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.admit(len(p)); err != nil {
		return 0, err
	}
	if w.keep(len(p)) {
		w.held += copy(w.prefix[w.held:], p)
		return len(p), nil
	}
	return w.send(p)
}

// WriteString is Write without a copy of what is held back.
func (w *response) WriteString(s string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.admit(len(s)); err != nil {
		return 0, err
	}
	if w.keep(len(s)) {
		w.held += copy(w.prefix[w.held:], s)
		return len(s), nil
	}
	return w.send([]byte(s))
}

// admit counts n bytes of body, or says why they cannot be written.
func (w *response) admit(n int) error {
	w.begin()
	switch {
	case w.over != nil:
		return w.over
	case !bodyAllowed(w.status):
		return http.ErrBodyNotAllowed
	case w.declared >= 0 && w.written+int64(n) > w.declared:
		return http.ErrContentLength
	}
	w.written += int64(n)
	return nil
}

// keep reports whether n more bytes are to be held back.
func (w *response) keep(n int) bool {
	if w.committed || w.held+n > prefixSize {
		return false
	}
	if w.prefix == nil {
		w.prefix = bufpool.KiB4.Get()
	}
	return true
}

// send frames the head, if need be, and p.
func (w *response) send(p []byte) (int, error) {
	if err := w.commit(p, false); err != nil {
		return 0, err
	}
	if w.noBody || len(p) == 0 {
		return len(p), nil
	}
	n, err := w.enc.Write(p)
	w.tally.body(int64(n))
	w.over = err
	return n, err
}

// commit frames the head and what was held back. last says that the whole body is known, else next
// is the piece that follows.
func (w *response) commit(next []byte, last bool) error {
	if w.committed || w.over != nil {
		return w.over
	}
	if !last && !w.duplex {
		w.req.body.takeIn(w.lim)
	}
	first := w.first()
	if len(first) == 0 {
		first = next
	}
	w.committed = true
	err := w.writeHead(first, last)
	if err == nil {
		w.tally.head(w.status, last)
	}
	if first := w.first(); err == nil && len(first) > 0 && !w.noBody {
		var n int
		n, err = w.enc.Write(first)
		w.tally.body(int64(n))
	}
	w.free()
	w.over = err
	return err
}

// writeHead frames the head of a body that starts with first, unless it is one that the encoder
// makes by itself.
func (w *response) writeHead(first []byte, last bool) error {
	if last && w.status == http.StatusOK && len(w.head.fields) == 0 && w.written > 0 && !w.noBody {
		if e, ok := w.enc.(interface{ MakesHead(length int64) bool }); ok && e.MakesHead(w.written) {
			return nil
		}
	}
	w.head.complete(w, first, last)
	return w.enc.WriteHeader(w.status, w.head.fields)
}

func (w *response) first() []byte {
	if w.held == 0 {
		return nil
	}
	return w.prefix[:w.held]
}

// free gives back what is needed only until the head is framed.
func (w *response) free() {
	if w.prefix != nil {
		bufpool.KiB4.Put(w.prefix)
		w.prefix, w.held = nil, 0
	}
	if w.head != nil {
		w.head.free()
		w.head = nil
	}
}

// finish ends the response after the handler has returned err, and reports the error to log.
func (w *response) finish(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.free()
	if w.over == http.ErrHijacked {
		return err
	}
	w.noteReturned()
	if err == nil {
		err = w.complete()
	}
	switch {
	case err == nil:
	case !w.committed && !errors.Is(err, http.ErrAbortHandler):
		w.free()
		w.fail(err)
		cerr := w.enc.Close(nil)
		w.tally.end(cerr)
		if cerr == nil {
			w.over = errReturned
			return err
		}
	}
	cerr := w.enc.Close(err)
	w.tally.end(cerr)
	w.over = errReturned
	if err == nil {
		err = unsent(cerr)
	}
	return err
}

// unsent wraps a connection's error in an *Error, unless it is one already.
func unsent(err error) error {
	if _, placed := errors.AsType[*Error](err); err == nil || placed {
		return err
	}
	return &Error{Op: "write response", Kind: ErrAborted, Err: err}
}

// complete frames what a handler that returned without an error has left to frame.
func (w *response) complete() error {
	w.begin()
	if err := w.commit(nil, true); err != nil {
		return err
	}
	if w.declared > w.written && !w.noBody {
		return fmt.Errorf("protocol: the handler wrote %d of %d bytes that it declared", w.written, w.declared)
	}
	return nil
}

// fail frames a short page for err, which has kept anything of the response from being sent. The
// page has the status alone: what err names of the server is for the log.
func (w *response) fail(err error) {
	status := Status(err)
	w.status, w.over, w.handler, w.committed = 0, nil, nil, false
	w.declared, w.written = -1, 0
	w.fixHeader(status)
	w.head.fields["Content-Type"] = []string{"text/plain; charset=utf-8"}
	w.head.fields["X-Content-Type-Options"] = []string{"nosniff"}
	if seconds := retryAfter(err); seconds != "" {
		w.head.fields["Retry-After"] = []string{seconds}
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Allow != "" {
		w.head.fields["Allow"] = []string{e.Allow}
	}
	page := fmt.Appendf(nil, "%d %s\n", status, http.StatusText(status))
	if w.keep(len(page)) {
		w.held = copy(w.prefix[:], page)
		w.written = int64(w.held)
	}
	w.commit(nil, true)
}
