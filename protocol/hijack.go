package protocol

import (
	"bufio"
	"errors"
	"net"
	"net/http"
)

// A hijackable is a response whose connection carries nothing else: SCGI, uwsgi and HTTP/1.
// Libraries ask whether a writer is an [http.Hijacker], and answer 501 where it is none: so no
// other response is.
type hijackable struct{ *response }

// writer returns w as handlers get it.
func (w *response) writer() ResponseWriter {
	if _, ok := w.enc.(http.Hijacker); ok {
		return hijackable{w}
	}
	return w
}

// Hijack implements [http.Hijacker]. After WriteHeader(101) it sends the head first. The body must
// have been read, or be empty.
func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w := h.response
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over != nil:
		return nil, nil, w.over
	case w.status != 0:
		return nil, nil, errors.New("protocol: Hijack after the response has begun")
	}
	if w.upgrade {
		if err := w.switchProtocols(); err != nil {
			return nil, nil, err
		}
	}
	conn, rw, err := w.enc.(http.Hijacker).Hijack()
	if err != nil {
		w.free()
		w.status = 0
		return nil, nil, err
	}
	w.over, w.committed = http.ErrHijacked, true
	w.tally.head(w.status, false) // 0 without a 101
	w.free()
	return conn, rw, nil
}

// switchProtocols frames the head of a 101, which leaves with the hijacking.
func (w *response) switchProtocols() error {
	w.fixHeader(http.StatusSwitchingProtocols)
	if w.over == nil {
		w.over = w.enc.WriteHeader(w.status, w.head.fields)
	}
	return w.over
}
