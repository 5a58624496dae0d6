package netio

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// A Raw reads what a backend sends after a response's head. io.EOF means that the response ended as
// the protocol wants it. Any other end is another error.
type Raw interface {
	io.Reader
	// Pending reports whether a Read would return bytes without blocking.
	Pending() bool
}

// An Answer reads a response's body by HTTP's rules (RFC 9112 section 6.3), whatever protocol it
// came by. There is no body where HTTP has none. Chunks are decoded. Bytes beyond the declared
// length are dropped and logged. A body shorter than that is an error.
type Answer struct {
	Protocol string
	Request  *protocol.Request
	Script   string             // names the backend in the log; empty: the request does
	Log      *slog.Logger       // nil: slog.Default
	Lines    *ratelimit.Limiter // of Log, for all answers of a client
	// the body ends where Raw does, and what is beyond the declared length is read until then
	Drain bool

	raw      Raw
	src      io.Reader     // raw, or what decodes its chunks
	none     bool          // there is to be no body: HEAD, 204, 304
	chunks   *bufio.Reader // what decodes chunks reads from it; nil: there are none
	declared int64         // -1: none
	left     int64         // of it, or 0 for a body that is whole
	warned   bool
	err      error
}

// Open begins the body of a final response with that status and header, which it cleans: see
// [CleanHeader].
func (b *Answer) Open(status int, h http.Header, raw Raw) error {
	coding := strings.Join(h["Transfer-Encoding"], ", ")
	b.raw, b.src, b.left = raw, raw, -1
	b.none = b.Request.Method() == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
	CleanHeader(status, h)
	if status == http.StatusSwitchingProtocols {
		b.declared = -1
		return nil
	}
	var err error
	if b.declared, err = contentLength(h); err != nil {
		return err
	}
	switch {
	case coding != "" && !strings.EqualFold(coding, "chunked"):
		return badHead(protocol.ErrUnsupported, "Transfer-Encoding "+strconv.Quote(protocol.Clip(coding)))
	case coding != "":
		// a backend that takes us for HTTP; most fronts would pass the framing on as text
		delete(h, "Content-Length")
		b.declared = -1
	}
	switch {
	case b.none:
		b.left = 0
	case coding != "":
		b.chunks = bufio.NewReader(raw)
		b.src = httputil.NewChunkedReader(b.chunks)
	default:
		b.left = b.declared
	}
	if status == http.StatusNoContent { // RFC 9110 section 8.6
		delete(h, "Content-Length")
	}
	return nil
}

// None reports whether the response has no body, whatever the backend sends.
func (b *Answer) None() bool { return b.none || b.declared == 0 }

// Alone reports whether nothing was read beyond a body that is whole. With chunks it is false if
// the end of the trailer (RFC 9112 section 7.1.2) has not come yet; Alone does not wait for it.
func (b *Answer) Alone() bool {
	if b.chunks == nil {
		return (b.none || b.declared >= 0) && !b.warned
	}
	end, _ := b.chunks.Peek(b.chunks.Buffered())
	return string(end) == "\r\n" || len(end) > 4 && end[0] != '\r' && bytes.Index(end, []byte("\r\n\r\n")) == len(end)-4
}

// Whole reports whether the body has been read to its end.
func (b *Answer) Whole() bool { return b.left == 0 }

// Read returns io.EOF when the body is whole, together with its last bytes.
func (b *Answer) Read(p []byte) (n int, err error) {
	for n == 0 && b.err == nil && len(p) > 0 {
		if b.left == 0 {
			b.err = b.beyond(p)
		} else {
			n, b.err = b.read(p)
		}
	}
	return n, b.err
}

// surplus is how many bytes beyond the end of a body a Read asks for, to find out whether there are
// any.
const surplus = 512

// read reads what belongs to the body.
func (b *Answer) read(p []byte) (n int, err error) {
	if b.left > 0 && int64(len(p)) > b.left+surplus {
		p = p[:b.left+surplus]
	}
	n, err = b.src.Read(p)
	switch {
	case b.chunks != nil && err == io.EOF:
		b.left = 0
		return n, b.whole(nil)
	case b.left < 0:
		return n, err
	case int64(n) > b.left:
		n = int(b.left)
		b.warn()
	}
	if b.left -= int64(n); b.left == 0 {
		return n, b.whole(err)
	}
	if err == io.EOF {
		err = &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream, Err: io.ErrUnexpectedEOF,
			Detail: strconv.FormatInt(b.left, 10) + " bytes short of its Content-Length"}
	}
	return n, err
}

// whole returns the error of the read that reached the end of the body. Errors of the backend after
// that do not matter.
func (b *Answer) whole(err error) error {
	if b.Drain && err == nil {
		return nil
	}
	if b.declared >= 0 && b.raw.Pending() {
		b.warn()
	}
	return io.EOF
}

// beyond reads into p what follows the body, until Raw ends.
func (b *Answer) beyond(p []byte) error {
	for b.Drain {
		n, err := b.raw.Read(p)
		if n > 0 && b.declared >= 0 {
			b.warn()
		}
		if err != nil {
			return io.EOF
		}
	}
	return b.whole(io.EOF)
}

// warn logs once that there are bytes beyond the body. They are not logged for a response without a
// body, or with chunks.
func (b *Answer) warn() {
	if b.warned || b.none || b.chunks != nil {
		return
	}
	b.warned = true
	key, value := "script", b.Script
	if value == "" {
		key, value = "request", b.Request.Method()+" "+b.Request.RequestURI()
	}
	b.Lines.Log(b.Log, ratelimit.Many, slog.LevelWarn, b.Protocol+": response beyond its Content-Length: the surplus is cut",
		slog.String(key, value), slog.Int64("declared", b.declared))
}

// Surplus logs that there were bytes beyond a body that is whole.
func (b *Answer) Surplus() {
	if b.declared >= 0 {
		b.warn()
	}
}
