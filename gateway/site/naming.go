package site

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// The fields by which a backend names a file.
const (
	fieldSendfile = "X-Sendfile"
	fieldRedirect = "X-Accel-Redirect"
)

// ofBody are the fields of a response that tell of its body. A file has its own.
var ofBody = []string{
	"Content-Length", "Content-Encoding", "Content-Range", "Content-Md5", "Digest", "Accept-Ranges", "Etag", "Last-Modified",
	"Location", "Status", "Trailer", "Transfer-Encoding", fieldSendfile, fieldRedirect,
}

// A namingWriter passes a response on, unless its head names a file: then nothing of it is sent.
type namingWriter struct {
	http.ResponseWriter
	files *SendFiles
	begun bool // there is a head

	field, value string // what names the file; empty: nothing
}

func (w *namingWriter) WriteHeader(status int) {
	if w.begun || status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.readHeader(); w.field == "" {
		w.ResponseWriter.WriteHeader(status)
	}
}

// readHeader notes the file that the head names, and takes away what is not the file's.
func (w *namingWriter) readHeader() {
	w.begun = true
	h := w.Header()
	if w.note(h, fieldSendfile, len(w.files.Dirs) > 0); w.field == "" {
		w.note(h, fieldRedirect, len(w.files.Internal) > 0)
	}
	if w.field == "" {
		return
	}
	for _, name := range ofBody {
		h.Del(name)
	}
	if h.Get("Content-Type") == "" {
		h.Del("Content-Type")
	}
}

func (w *namingWriter) note(h http.Header, field string, known bool) {
	if values := h[field]; known && len(values) > 0 {
		w.field, w.value = field, values[len(values)-1]
	}
}

func (w *namingWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.field != "" {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom is Write for what r holds.
func (w *namingWriter) ReadFrom(r io.Reader) (int64, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.field != "" {
		return io.Copy(io.Discard, r)
	}
	return io.Copy(w.ResponseWriter, r)
}

// FlushError sends what there is, unless a file takes its place.
func (w *namingWriter) FlushError() error {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.field != "" {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements [http.Flusher].
func (w *namingWriter) Flush() { w.FlushError() }

// writer returns w, which is an http.Hijacker where what it stands before is one.
func (w *namingWriter) writer() http.ResponseWriter {
	if _, ok := w.ResponseWriter.(http.Hijacker); ok {
		return namingHijacker{w}
	}
	return w
}

// A namingHijacker is a namingWriter whose connection can be had.
type namingHijacker struct{ *namingWriter }

func (h namingHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.ResponseWriter.(http.Hijacker).Hijack()
}

// Unwrap lets [http.ResponseController] find the writer.
func (w *namingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
