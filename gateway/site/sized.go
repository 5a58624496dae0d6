package site

import (
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

// A sizedWriter declares the length of a whole file: ServeContent leaves it out where the file is
// compressed.
type sizedWriter struct {
	http.ResponseWriter
	size int64
}

func (w *sizedWriter) WriteHeader(status int) {
	if h := w.Header(); status == http.StatusOK && h["Content-Length"] == nil {
		h.Set("Content-Length", strconv.FormatInt(w.size, 10))
	}
	w.ResponseWriter.WriteHeader(status)
}

// ReadFrom passes a file on to the writer that can send it without a copy.
func (w *sizedWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }

// Unwrap lets [http.ResponseController] find the writer.
func (w *sizedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// isByteRange reports whether a Range has the unit that is known here. Any other is to be ignored
// (RFC 9110 section 14.2).
func isByteRange(v string) bool {
	const unit = "bytes="
	return len(v) >= len(unit) && strings.EqualFold(v[:len(unit)], unit)
}

// withoutEmpty returns a Range without the parts that ask for the last 0 bytes, which no answer can
// satisfy (RFC 9110 section 14.1.2) and net/http answers as a range that ends before its beginning.
// Where no other is left it is one beyond the file.
func withoutEmpty(asked string, size int64) string {
	unit, ranges, _ := strings.Cut(asked, "=")
	var left []string
	for part := range strings.SplitSeq(ranges, ",") {
		if zeros, ok := strings.CutPrefix(strings.TrimSpace(part), "-"); !ok || zeros == "" || strings.Trim(zeros, "0") != "" {
			left = append(left, part)
		}
	}
	if len(left) == 0 {
		left = []string{strconv.FormatInt(size, 10) + "-"}
	}
	return unit + "=" + strings.Join(left, ",")
}

// etag returns the strong entity tag of a file. A compressed one has its own.
func etag(info fs.FileInfo, encoding string) string {
	tag := strconv.FormatInt(info.ModTime().UnixNano(), 16) + "-" + strconv.FormatInt(info.Size(), 16)
	if encoding != "" {
		tag += "-" + encoding
	}
	return `"` + tag + `"`
}
