package cgi

import (
	"bufio"
	"io"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// An encoder writes the response to standard output.
type encoder struct {
	to     io.Writer
	stderr io.Writer
	form   protocol.HeadForm
	mu     sync.Mutex
	buf    *bufio.Writer
	head   []byte
	err    error // of writing

	incomplete error // why the response is incomplete
}

func (e *encoder) WriteHeader(status int, h http.Header) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.form == protocol.StatusLine {
		h = h.Clone()
		h.Set("Connection", "close")
	}
	e.head = protocol.AppendHead(e.head[:0], e.form, status, h)
	return e.note(e.buf.Write(e.head))
}

// note keeps the first error of writing, and returns it.
func (e *encoder) note(_ int, err error) error {
	if err != nil && e.err == nil {
		e.err = &protocol.Error{Protocol: name, Op: "write response", Kind: protocol.ErrAborted, Err: err}
	}
	return e.err
}

func (e *encoder) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.buf.Write(p)
	return n, e.note(n, err)
}

func (e *encoder) ReadFrom(r io.Reader) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.buf.ReadFrom(r)
	return n, err
}

func (e *encoder) Flush() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.note(0, e.buf.Flush())
}

func (e *encoder) Close(cause error) error {
	if e.head != nil {
		e.incomplete = cause
	}
	return e.Flush()
}

// Stderr returns the standard error.
func (e *encoder) Stderr() io.Writer { return e.stderr }

// FullDuplex allows a script to answer while it reads. Whether the server reads meanwhile is not
// known.
func (e *encoder) FullDuplex() error { return nil }
