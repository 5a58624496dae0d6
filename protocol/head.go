package protocol

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/bufpool"
	"golang.org/x/net/http/httpguts"
)

// A HeadForm is the way in which a response's head begins.
type HeadForm uint8

// The forms. Fronts differ in which they take: see the package of each protocol.
const (
	StatusField HeadForm = iota // Status: 200 OK         RFC 3875 section 6.3.3
	StatusLine                  // HTTP/1.1 200 OK        a non-parsed header, and uwsgi
)

// AppendHead appends the head of a response, the empty line included, fields in the order of their
// names. The caller has validated h. A Location comes before the Status field: HAProxy 2.6 makes
// 302 of whatever status stands before it. The reason phrase is the status's own, or that of h's
// Status where it has none: see [Response.Header].
func AppendHead(dst []byte, form HeadForm, status int, h http.Header) []byte {
	if form == StatusLine {
		dst = append(dst, "HTTP/1.1 "...)
	} else {
		for _, v := range h["Location"] {
			dst = appendField(dst, "Location", v)
		}
		dst = append(dst, "Status: "...)
	}
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason(status, h)...)
	dst = append(dst, "\r\n"...)
	var room [16]headerField
	fields := room[:0]
	for name, values := range h {
		if name == "Status" || name == "Location" && form == StatusField {
			continue
		}
		fields = append(fields, headerField{name, values})
	}
	slices.SortFunc(fields, func(a, b headerField) int { return strings.Compare(a.name, b.name) })
	for _, f := range fields {
		for _, v := range f.values {
			dst = appendField(dst, f.name, v)
		}
	}
	return append(dst, "\r\n"...)
}

// A headerField is a row of an [http.Header].
type headerField struct {
	name   string
	values []string
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// ParseHead parses the head of a response: a status line or CGI's fields (RFC 3875 section 6),
// lines ended by LF or CRLF. n is its length with the empty line; n == 0 without an error means
// that b holds no whole head yet.
//
// A status line wins over a Status field. Of several Status fields the first counts, and of several
// Content-Type fields the last, as for nginx. Without a status, a Location gives 302 and anything
// else 200: so does a head without any field. An error of a head that is refused quotes the line,
// with its number from 1.
func ParseHead(b []byte) (status int, h http.Header, n int, err error) {
	end, n := headEnd(b, 0)
	if n == 0 {
		return 0, nil, 0, nil
	}
	text := string(b[:end]) // all names and values are parts of it
	lines := strings.Count(text, "\n")
	p := headParser{h: make(http.Header, lines+1), values: make([]string, lines)}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		p.line++
		if !p.add(line) {
			return 0, nil, n, badHead(p.bad + " " + strconv.Itoa(p.line) + ": " + strconv.Quote(Clip(line)))
		}
	}
	if p.text != "" {
		p.h["Status"] = []string{p.text}
	}
	return p.statusOf(), p.h, n, nil
}

// headEnd finds the empty line: end is where the last field's line ends, n where the body begins.
// The search goes from the line that starts at from; without an empty line n is 0 and end is where
// the last, unfinished line starts.
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

// A headParser holds what has been read of a head.
type headParser struct {
	h      http.Header
	values []string // room for those of h
	line   int      // the number of the current line
	status int      // 0: none yet
	text   string   // "299 Mostly Fine": of a status whose phrase nobody else knows
	bad    string   // what is wrong, for the error: "header line"
}

// add reads a line. It returns false, and sets bad, if the line is malformed.
func (p *headParser) add(line string) bool {
	if p.line == 1 && strings.HasPrefix(line, "HTTP/") {
		p.bad = "status line"
		version, rest, ok := strings.Cut(line, " ")
		_, _, valid := http.ParseHTTPVersion(version)
		return ok && (valid || version == "HTTP/2") && p.setStatus(rest)
	}
	name, v, ok := strings.Cut(line, ":")
	if p.bad = "header line"; !ok || len(name) == 0 || !httpguts.ValidHeaderFieldName(name) {
		return false
	}
	v = strings.Trim(v, " \t")
	if p.bad = "header value in line"; !httpguts.ValidHeaderFieldValue(v) {
		return false
	}
	return p.field(textproto.CanonicalMIMEHeaderKey(name), v)
}

func (p *headParser) field(key, v string) bool {
	if key == "Status" {
		p.bad = "status in line"
		return p.status != 0 || p.setStatus(v)
	}
	switch values := p.h[key]; {
	case values == nil:
		p.values[0] = v
		p.h[key], p.values = p.values[:1:1], p.values[1:]
	case key == "Content-Type":
		values[0] = v
	default:
		p.h[key] = append(values, v)
	}
	return true
}

// setStatus reads "200 OK": three digits and then no digit. The reason may be missing (RFC 3875
// section 6.3.3), or begin with anything else: scripts write "404: Not Found".
func (p *headParser) setStatus(s string) bool {
	s = strings.TrimLeft(s, " \t")
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits != 3 || s[0] == '0' {
		return false
	}
	p.status, _ = strconv.Atoi(s[:3])
	p.text = phrased(p.status, s)
	return true
}

// statusOf finds the response's status.
func (p *headParser) statusOf() int {
	switch {
	case p.status != 0:
		return p.status
	case len(p.h["Location"]) > 0:
		return http.StatusFound
	}
	return http.StatusOK
}

// ReadHead reads a head from r, at most limit bytes of it, and returns with it what was read of the
// body beyond. An end before the head's end is an ErrUpstream that says how far it came.
func ReadHead(r io.Reader, limit int) (status int, h http.Header, rest []byte, err error) {
	first := bufpool.KiB4.Get()
	status, h, rest, err = readHead(r, limit, first[:0])
	if len(rest) <= len(first)/4 { // more is not copied: the caller keeps the buffer
		rest = bytes.Clone(rest)
		bufpool.KiB4.Put(first)
	}
	return status, h, rest, err
}

func readHead(r io.Reader, limit int, buf []byte) (status int, h http.Header, rest []byte, err error) {
	for line := 0; ; {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, len(buf))
		}
		got, rerr := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+got]
		end, n := headEnd(buf, line)
		switch line = end; {
		case n > limit || n == 0 && len(buf) > limit:
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
