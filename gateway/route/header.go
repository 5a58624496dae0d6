package route

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
)

// A headerEdit is what a rule does with the header of the answer.
type headerEdit struct {
	kind  editKind
	name  string
	value string
}

// An editKind is a way to change a header.
type editKind uint8

const (
	addField editKind = iota
	setField
	delField
)

// apply does edits in their order. A Content-Type is there once, and one that is taken away is not
// guessed again.
func apply(edits []headerEdit, h http.Header) {
	for _, e := range edits {
		switch {
		case e.kind == delField && e.name == "Content-Type":
			h[e.name] = nil
		case e.kind == delField:
			h.Del(e.name)
		case e.kind == setField, e.name == "Content-Type":
			h.Set(e.name, e.value)
		default:
			h.Add(e.name, e.value)
		}
	}
}

// AddHeader adds a field to the header of the answer, whoever makes that. One of a Content-Type
// replaces it.
func (x *Exchange) AddHeader(name, value string) { x.edit(addField, name, value) }

// SetHeader is AddHeader in the place of the fields of that name.
func (x *Exchange) SetHeader(name, value string) { x.edit(setField, name, value) }

// DelHeader takes the fields of that name away, those of whoever makes the answer, too.
func (x *Exchange) DelHeader(name string) { x.edit(delField, name, "") }

func (x *Exchange) edit(kind editKind, name, value string) {
	x.edits = append(x.edits, headerEdit{kind, http.CanonicalHeaderKey(name), value})
}

// An editedWriter edits the header of an answer when it is sent.
type editedWriter struct {
	http.ResponseWriter
	edits []headerEdit
	once  sync.Once
}

// writer returns w, which is an http.Hijacker where what it stands before is one.
func (w *editedWriter) writer() http.ResponseWriter {
	if _, ok := w.ResponseWriter.(http.Hijacker); ok {
		return editedHijacker{w}
	}
	return w
}

func (w *editedWriter) edit() {
	w.once.Do(func() { apply(w.edits, w.Header()) })
}

func (w *editedWriter) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.edit()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *editedWriter) Write(p []byte) (int, error) {
	w.edit()
	return w.ResponseWriter.Write(p)
}

func (w *editedWriter) WriteString(s string) (int, error) {
	w.edit()
	return io.WriteString(w.ResponseWriter, s)
}

func (w *editedWriter) ReadFrom(r io.Reader) (int64, error) {
	w.edit()
	return io.Copy(w.ResponseWriter, r)
}

func (w *editedWriter) Flush() { w.FlushError() }

func (w *editedWriter) FlushError() error {
	w.edit()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (w *editedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// An editedHijacker is an editedWriter whose connection can be had.
type editedHijacker struct{ *editedWriter }

func (h editedHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.ResponseWriter.(http.Hijacker).Hijack()
}
