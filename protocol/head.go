package protocol

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"
)

// A HeadForm is the way in which a response's head begins.
type HeadForm uint8

// The forms. Fronts differ in which they take: see the package of each protocol.
const (
	StatusField HeadForm = iota // Status: 200 OK         RFC 3875 section 6.3.3
	StatusLine                  // HTTP/1.1 200 OK        a non-parsed header, and uwsgi
)

// AppendHead appends the head of a response, the empty line included, fields in the order of their names. The caller has
// validated h. A Location comes before the Status field: HAProxy 2.6 makes 302 of whatever status stands before it.
func AppendHead(dst []byte, form HeadForm, status int, h http.Header) []byte {
	location := h["Location"]
	if form == StatusLine {
		location = nil
		dst = append(dst, "HTTP/1.1 "...)
	} else {
		for _, v := range location {
			dst = appendField(dst, "Location", v)
		}
		dst = append(dst, "Status: "...)
	}
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(status)...)
	dst = append(dst, "\r\n"...)
	var room [32]string
	names := room[:0]
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if location != nil && name == "Location" {
			continue
		}
		for _, v := range h[name] {
			dst = appendField(dst, name, v)
		}
	}
	return append(dst, "\r\n"...)
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// ParseHead parses the head of a response: a status line or CGI's fields (RFC 3875 section 6), lines ended by LF or CRLF. n
// is its length with the empty line; n == 0 without an error means that b holds no whole head yet.
//
// A status line wins over a Status field. Without either, a Location gives 302 and anything else 200. A head without any field
// is malformed.
func ParseHead(b []byte) (status int, h http.Header, n int, err error) {
	end, n := headEnd(b, 0)
	if n == 0 {
		return 0, nil, 0, nil
	}
	h = make(http.Header, bytes.Count(b[:end], []byte("\n"))+1)
	first := true
	for len(b[:end]) > 0 {
		var line []byte
		line, b, end = cutLine(b, end)
		if first && bytes.HasPrefix(line, []byte("HTTP/")) {
			if status, err = parseStatusLine(line); err != nil {
				return 0, nil, n, err
			}
		} else if err = addField(h, line); err != nil {
			return 0, nil, n, err
		}
		first = false
	}
	if status, err = settleStatus(status, h); err != nil {
		return 0, nil, n, err
	}
	return status, h, n, nil
}

// headEnd finds the empty line: end is where the last field's line ends, n where the body begins. The search goes from
// the line that starts at from; without an empty line n is 0 and end is where the last, unfinished line starts.
func headEnd(b []byte, from int) (end, n int) {
	for i := from; ; {
		j := bytes.IndexByte(b[i:], '\n')
		switch {
		case j < 0:
			return i, 0
		case j == 0 || j == 1 && b[i] == '\r':
			return i, i + j + 1
		}
		i += j + 1
	}
}

func cutLine(b []byte, end int) (line, rest []byte, restEnd int) {
	j := bytes.IndexByte(b[:end], '\n')
	return bytes.TrimSuffix(b[:j], []byte("\r")), b[j+1:], end - j - 1
}

func parseStatusLine(line []byte) (int, error) {
	version, rest, ok := strings.Cut(string(line), " ")
	if _, _, valid := http.ParseHTTPVersion(version); !ok || !valid && version != "HTTP/2" {
		return 0, badHead("status line " + strconv.Quote(clip(string(line))))
	}
	return parseStatus(rest)
}

// parseStatus reads "200 OK"; the reason may be missing (RFC 3875 section 6.3.3).
func parseStatus(s string) (int, error) {
	code, _, _ := strings.Cut(strings.TrimLeft(s, " \t"), " ")
	n, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || n < 100 || n > 999 {
		return 0, badHead("status " + strconv.Quote(clip(s)))
	}
	return n, nil
}

func addField(h http.Header, line []byte) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || !httpguts.ValidHeaderFieldName(string(name)) {
		return badHead("header line " + strconv.Quote(clip(string(line))))
	}
	v := string(bytes.Trim(value, " \t"))
	if !httpguts.ValidHeaderFieldValue(v) {
		return badHead("value of header " + string(name) + ": " + strconv.Quote(clip(v)))
	}
	key := textproto.CanonicalMIMEHeaderKey(string(name))
	h[key] = append(h[key], v)
	return nil
}

// settleStatus takes the Status field out of h and finds the response's status.
func settleStatus(fromLine int, h http.Header) (int, error) {
	field := h["Status"]
	delete(h, "Status")
	switch {
	case fromLine != 0:
		return fromLine, nil
	case len(field) > 1:
		return 0, badHead("more than one Status")
	case len(field) == 1:
		return parseStatus(field[0])
	case len(h) == 0:
		return 0, badHead("no header field")
	case len(h["Location"]) > 0:
		return http.StatusFound, nil
	}
	return http.StatusOK, nil
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}

// ReadHead reads a head from r, at most limit bytes of it, and returns with it what was read of the body beyond. An end
// before the head's end is an ErrUpstream that says how far it came.
func ReadHead(r io.Reader, limit int) (status int, h http.Header, rest []byte, err error) {
	first := headBuffers.Get().(*[headSize]byte)
	status, h, rest, err = readHead(r, limit, first[:0])
	if len(rest) <= headSize/4 { // more is not copied: the caller keeps the buffer
		rest = bytes.Clone(rest)
		headBuffers.Put(first)
	}
	return status, h, rest, err
}

// headBuffers are the buffers that heads are read into.
var headBuffers = sync.Pool{New: func() any { return new([headSize]byte) }}

const headSize = 4096

func readHead(r io.Reader, limit int, buf []byte) (status int, h http.Header, rest []byte, err error) {
	for line := 0; ; {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, len(buf))
		}
		got, rerr := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+got]
		end, n := headEnd(buf, line)
		switch line = end; {
		case end > limit || n == 0 && len(buf) > limit:
			return 0, nil, nil, headFailed("", &Error{Op: "parse", Kind: ErrTooLarge, Detail: Exceeds(int64(len(buf)), int64(limit), "bytes")})
		case n > 0:
			status, h, n, err = ParseHead(buf[:n])
			return status, h, buf[n:], err
		case rerr == io.EOF:
			return 0, nil, nil, headFailed("the response ended after "+strconv.Itoa(len(buf))+" bytes, before the end of its head", io.ErrUnexpectedEOF)
		case rerr != nil:
			return 0, nil, nil, rerr
		}
	}
}

func badHead(detail string) error {
	return headFailed("", &Error{Op: "parse", Kind: ErrMalformed, Detail: detail})
}

func headFailed(detail string, cause error) error {
	return &Error{Op: "read response head", Kind: ErrUpstream, Detail: detail, Err: cause}
}
