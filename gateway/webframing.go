package gateway

import (
	"bytes"
	"strconv"

	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A webFraming follows the requests of a connection in the bytes that net/http reads, to refuse
// what net/http bears in silence: it drops a Content-Length beside Transfer-Encoding, and a
// Transfer-Encoding of HTTP/1.0. A front that reads those otherwise sees other requests than we do
// (RFC 9112 sections 6.1, 6.3 and 11.2).
type webFraming struct {
	at   webPlace
	then webPlace // what follows the bytes that are left
	left uint64   // bytes of the body, or of the chunk

	line [firstKept + lastKept]byte // of a line whose end has not come
	kept int
	size int // the line's length

	excess int64 // what chunks have cost beyond their data

	work   throttle.Meter // what the peer has made us do in vain
	heads  int32          // that have begun
	fields int            // of the head
	most   int            // that it may have

	old     bool      // the request is of HTTP/1.0
	coding  webCoding // its Transfer-Encoding
	length  int64     // its Content-Length, -1: none
	framing bool      // the last field was one of the two
}

// A webPlace is a part of a request.
type webPlace uint8

const (
	requestLine webPlace = iota
	fieldLine
	chunkLine
	chunkEnd // CR LF behind a chunk
	trailerLine
	data
	over // nothing that follows is a request's
)

// Of a line that comes in pieces, its first bytes and its last are kept.
const (
	firstKept = 64
	lastKept  = 16
)

// inBody reports whether more of a request's body is to come.
func (f *webFraming) inBody() bool {
	switch f.at {
	case chunkLine, chunkEnd, trailerLine, data:
		return true
	}
	return false
}

// follow returns how many bytes of p net/http may have, and why a head is refused, if it is. What
// has been refused, or is broken so that net/http refuses it, has no next request.
func (f *webFraming) follow(p []byte) (int, error) {
	defer f.read(len(p))
	for i := 0; i < len(p); {
		switch f.at {
		case over:
			return i, nil
		case data:
			i += f.skip(len(p) - i)
		default:
			end := bytes.IndexByte(p[i:], '\n')
			if end < 0 {
				f.keep(p[i:])
				return len(p), f.tooLong()
			}
			line := f.whole(p[i : i+end])
			i += end + 1
			if err := f.take(line); err != nil {
				f.at = over
				return i, err
			}
			f.kept, f.size = 0, 0
		}
	}
	return len(p), nil
}

// tooLong refuses the line that is coming, in a head, if it is too long already.
func (f *webFraming) tooLong() error {
	if f.size <= mostLine {
		return nil
	}
	end := "\r\n\r\n"
	switch f.at {
	case requestLine:
		f.heads++
		end = " HTTP/1.0" + end
	case fieldLine:
	default:
		return nil // net/http bounds these
	}
	f.at = over
	return &tooLargeHead{number: f.heads, end: end, err: tooLarge(int64(f.size), mostLine, "bytes of a line")}
}

// read counts a read of n bytes, unless a request ended with it.
func (f *webFraming) read(n int) {
	if f.at != requestLine {
		f.work.Read(n)
	}
}

func (f *webFraming) skip(n int) int {
	if uint64(n) < f.left {
		f.left -= uint64(n)
		return n
	}
	f.at = f.then
	return int(f.left)
}

// keep adds a piece of a line to what is kept of it.
func (f *webFraming) keep(piece []byte) {
	f.size += len(piece)
	n := copy(f.line[f.kept:], piece)
	f.kept += n
	piece = piece[n:]
	last := f.line[firstKept:]
	if len(piece) < len(last) {
		copy(last, last[len(piece):])
		copy(last[len(last)-len(piece):], piece)
		return
	}
	copy(last, piece[len(piece)-len(last):])
}

// whole returns the line that piece ends.
func (f *webFraming) whole(piece []byte) []byte {
	if f.kept == 0 {
		f.size = len(piece)
		return piece
	}
	f.keep(piece)
	return f.line[:f.kept]
}

// take takes a line, without its LF.
func (f *webFraming) take(line []byte) error {
	text, crlf := line, len(line) > 0 && line[len(line)-1] == '\r'
	if crlf {
		text = line[:len(line)-1]
	}
	switch f.at {
	case requestLine:
		if len(text) > 0 { // net/http bears blank lines before it
			version := text[max(len(text)-3, 0):]
			f.old = string(version) == "1.0" || version[0] == '0'
			f.coding, f.length, f.framing = noCoding, -1, false
			f.at, f.fields = fieldLine, 0
			f.heads++
		}
	case fieldLine:
		if len(text) > 0 {
			if f.fields++; f.fields > f.most {
				return &tooLargeHead{number: f.heads, end: "\r\n", err: tooLarge(int64(f.fields), int64(f.most), "header fields")}
			}
			return f.field(text)
		}
		f.headEnds()
	case chunkLine:
		f.chunk(text, crlf)
	case chunkEnd:
		f.at = chunkLine
		if !crlf || len(text) > 0 {
			f.at = over
		}
	case trailerLine:
		if len(text) == 0 {
			f.at = requestLine
		} else if name, _, ok := bytes.Cut(text, []byte{':'}); !folded(text) && (!ok || bytes.IndexByte(name, ' ') >= 0) {
			f.at = over // it could be a request's first line
		}
	}
	return nil
}

// headEnds goes on to what the head says that follows.
func (f *webFraming) headEnds() {
	f.work.Request(f.fields)
	switch {
	case f.coding == chunked:
		f.at, f.excess = chunkLine, 0
	case f.coding == otherCoding: // net/http answers 501 and closes
		f.at = over
	case f.length > 0:
		f.at, f.then, f.left = data, requestLine, uint64(f.length)
	default:
		f.at = requestLine
	}
}

// plainChunk is the size in bytes that makes a chunk no work of its own.
const plainChunk = 256

// Bounds of net/http's.
const (
	maxChunkLine   = 4096
	maxChunkExcess = 16 << 10
)

// chunk takes a chunk's size. Where net/http breaks the body off this does so, too: for a handler
// that reads and writes at once net/http goes on at that place, as if what follows were the next
// request.
func (f *webFraming) chunk(text []byte, crlf bool) {
	digits, _, _ := bytes.Cut(bytes.TrimRight(text, " \t"), []byte{';'})
	size, ok := hexadecimal(digits)
	f.excess = max(f.excess+int64(f.size)+1-16-2*int64(size), 0)
	switch {
	case !ok || !crlf || bytes.IndexByte(text, '\r') >= 0 || f.size >= maxChunkLine || f.excess > maxChunkExcess:
		f.at = over
	case size == 0:
		f.at = trailerLine
	default:
		if size < plainChunk {
			f.work.Piece()
		}
		f.at, f.then, f.left = data, chunkEnd, size
	}
}

func hexadecimal(digits []byte) (n uint64, ok bool) {
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | uint64(c)
	}
	return n, 0 < len(digits) && len(digits) <= 16
}

func folded(line []byte) bool { return line[0] == ' ' || line[0] == '\t' }

// refusal is why a head is refused.
func refusal(why string) error {
	return &protocol.Error{Protocol: "http", Op: "read params", Kind: protocol.ErrMalformed, Detail: why}
}

// mostLine is the length of a line of a head. net/http would hold a longer one twice.
const mostLine = 96 << 10

// A tooLargeHead is why a head is not read to its end, of which net/http would hold any number of
// fields. With end it is a request, to be answered 431.
type tooLargeHead struct {
	number int32 // of the connection's heads
	end    string
	err    error
}

func (e *tooLargeHead) Error() string { return e.err.Error() }

func tooLarge(n, limit int64, unit string) error {
	return &protocol.Error{Protocol: "http", Op: "read params", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(n, limit, unit)}
}

func quoted(line []byte) string { return strconv.Quote(string(line[:min(len(line), firstKept)])) }
