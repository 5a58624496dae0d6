package protocol

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Flush implements [http.Flusher].
func (w *response) Flush() { w.FlushError() }

// FlushError sends the head and what has been written so far.
func (w *response) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin()
	if err := w.commit(nil, false); err != nil {
		return err
	}
	err := w.enc.Flush()
	if !errors.Is(err, http.ErrNotSupported) { // what is written then leaves later
		w.over = err
	}
	return err
}

// SetReadDeadline bounds the reading of this request's body.
func (w *response) SetReadDeadline(t time.Time) error {
	w.control.Lock()
	defer w.control.Unlock()
	if e, ok := w.encoderLocked().(interface{ SetReadDeadline(time.Time) error }); ok {
		return e.SetReadDeadline(t)
	}
	return http.ErrNotSupported
}

// SetWriteDeadline bounds the writing of this response, also that of a Write that waits already.
func (w *response) SetWriteDeadline(t time.Time) error {
	w.control.Lock()
	defer w.control.Unlock()
	if e, ok := w.encoderLocked().(interface{ SetWriteDeadline(time.Time) error }); ok {
		return e.SetWriteDeadline(t)
	}
	return http.ErrNotSupported
}

// oneWay are the fronts that send no more of a request's body once they have seen the response's
// head (nginx), or read no response before they have sent all of it (Apache, Caddy), by the start
// of their SERVER_SOFTWARE.
var oneWay = []string{"nginx", "Apache", "Caddy"}

func isOneWay(software string) bool {
	for _, front := range oneWay {
		if strings.HasPrefix(software, front) {
			return true
		}
	}
	return false
}

// EnableFullDuplex lets the response begin while the request's body is still unread. Where the
// front cannot do both at once it returns [http.ErrNotSupported], and the body is taken in first,
// as ever.
func (w *response) EnableFullDuplex() error {
	e, ok := w.encoder().(interface{ FullDuplex() error })
	if !ok {
		return http.ErrNotSupported
	}
	if w.req.Protocol != "http" && isOneWay(w.req.Params.Get("SERVER_SOFTWARE")) {
		return http.ErrNotSupported
	}
	if err := e.FullDuplex(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.duplex = true
	return nil
}

// Stderr returns the writer of the protocol's own error stream for the request that w answers:
// FastCGI's FCGI_STDERR, a CGI program's standard error. Other protocols have none: ok is false,
// and the writer is the process's own standard error.
func Stderr(w ResponseWriter) (out io.Writer, ok bool) {
	for {
		switch t := w.(type) {
		case *response:
			return t.stderr()
		case hijackable:
			return t.stderr()
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return os.Stderr, false
		}
	}
}

func (w *response) stderr() (out io.Writer, ok bool) {
	if e, found := w.encoder().(interface{ Stderr() io.Writer }); found {
		return e.Stderr(), true
	}
	return os.Stderr, false
}

// encoder returns the encoder, or nil when the handler has returned. It does not wait for a Write
// that waits.
func (w *response) encoder() Encoder {
	w.control.Lock()
	defer w.control.Unlock()
	return w.encoderLocked()
}

func (w *response) encoderLocked() Encoder {
	if w.returned {
		return nil
	}
	return w.enc
}

// noteReturned notes that the handler has returned.
func (w *response) noteReturned() {
	w.control.Lock()
	defer w.control.Unlock()
	w.returned = true
}
