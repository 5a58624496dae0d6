package compare

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/internal/load"
	"github.com/postern-gateway/postern/protocol"
)

// A Work is what a server is asked to do. Every server of the comparison answers each with the same
// bytes: the handlers below, and peers/peer.c, peer.py, peer.php and peer.sh.
type Work struct {
	Name  string // "get"
	Title string // for people: "GET, 13 bytes"
	size  string // of its bodies, in a word
	path  string
	body  int    // bytes of the request's body
	want  []byte // the response's body
}

const (
	hello     = "hello, world\n"
	pieceSize = 32 << 10
	pieces    = 32
)

// piece is what a download has 32 times.
var piece = bytes.Repeat([]byte("0123456789abcdef"), pieceSize/16)

// works are made when they are asked for: other commands do not pay for them.
var works = sync.OnceValue(func() []*Work {
	return []*Work{
		{Name: "get", Title: "GET, 13 bytes", size: "13 B", path: "/hello", want: []byte(hello)},
		{Name: "post64k", Title: "POST, 64 KB", size: "64 KB", path: "/count", body: 64 << 10, want: []byte("65536\n")},
		{Name: "download1m", Title: "download, 1 MB", size: "1 MB", path: "/download", want: bytes.Repeat(piece, pieces)},
		{Name: "upload10m", Title: "upload, 10 MB", size: "10 MB", path: "/count", body: 10 << 20, want: []byte("10485760\n")},
	}
})

func workNamed(name string) *Work {
	for _, w := range works() {
		if w.Name == name {
			return w
		}
	}
	return nil
}

// bytes is how many bytes of body a request and its response have.
func (w *Work) bytes() int { return w.body + len(w.want) }

// request is what nginx would say of a browser's request. script is the SCRIPT_FILENAME, for
// servers that run one.
func (w *Work) request(script string) *protocol.Request {
	b := load.BrowserRequest{Path: w.path, Script: script, ContentType: "application/octet-stream", Body: w.body}
	return b.Request()
}

// nativeHandler does every work by the core's own interfaces.
func nativeHandler() protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		return do(w, r.Params.Get("REQUEST_URI"), r.Body)
	})
}

// httpHandler does every work by net/http's.
func httpHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r.URL.Path, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

// do does the work whose path begins uri.
func do(w http.ResponseWriter, uri string, body io.Reader) error {
	switch {
	case strings.HasPrefix(uri, "/count"):
		return doCount(w, body)
	case strings.HasPrefix(uri, "/download"):
		return doDownload(w)
	}
	w.Header().Set("Content-Type", "text/plain")
	_, err := io.WriteString(w, hello)
	return err
}

var copyBuffers = sync.Pool{New: func() any { return new([pieceSize]byte) }}

func doCount(w http.ResponseWriter, body io.Reader) error {
	b := copyBuffers.Get().(*[pieceSize]byte)
	defer copyBuffers.Put(b)
	for total := 0; ; {
		n, err := body.Read(b[:])
		total += n
		if err == io.EOF {
			w.Header().Set("Content-Type", "text/plain")
			_, err := fmt.Fprintln(w, total)
			return err
		}
		if err != nil {
			return err
		}
	}
}

func doDownload(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(pieces*pieceSize))
	for range pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
