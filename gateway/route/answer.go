package route

import (
	"io"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// SetStatus sets the status of an answer that rules make.
func (x *Exchange) SetStatus(status int) { x.status = status }

// begin sends the head of an answer that rules make, once.
func (x *Exchange) begin() {
	if x.begun {
		return
	}
	x.begun = true
	h := x.w.Header()
	h["Content-Type"] = nil // only a rule knows it
	apply(x.edits, h)
	if x.status != 0 {
		x.w.WriteHeader(x.status)
	}
}

// Write adds p to the answer, which it begins.
func (x *Exchange) Write(p []byte) (int, error) {
	x.begin()
	return x.w.Write(p)
}

// WriteString is Write for a string.
func (x *Exchange) WriteString(s string) (int, error) {
	x.begin()
	return io.WriteString(x.w, s)
}

// late reports whether the answer has its head already: then what makes an answer of its own adds
// nothing to it.
func (x *Exchange) late() bool {
	if x.begun {
		x.Note("adds nothing to an answer that has begun")
	}
	return x.begun
}

// Pass gives the request to h, with the header fields that rules have added to its answer. It does
// nothing where a rule has begun an answer.
func (x *Exchange) Pass(h protocol.Handler) error {
	if x.late() {
		return nil
	}
	if x.begun = true; len(x.edits) == 0 {
		return h.Serve(x.w, x.req)
	}
	w := &editedWriter{ResponseWriter: x.w, edits: x.edits}
	err := h.Serve(w.writer(), x.req)
	if err == nil {
		w.edit()
	}
	return err
}

// answer answers with a whole body, or adds it to an answer that has begun.
func (x *Exchange) answer(body []byte) (Result, error) {
	if !x.begun {
		x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	_, err := x.Write(body)
	return Break, err
}
