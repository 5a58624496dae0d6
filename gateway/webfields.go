package gateway

import "bytes"

// A webCoding is what a request's Transfer-Encoding says of its body.
type webCoding uint8

const (
	noCoding webCoding = iota
	chunked
	otherCoding // in chunks, but within them coded in a way that nobody here decodes
)

// field takes a line of a head. It is refused where the body's length could be read in two ways.
func (f *webFraming) field(line []byte) error {
	if c := line[0] | 0x20; letter(c) && c != 't' && c != 'c' {
		f.framing = false
		return nil
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	coding, length := spellsTransferEncoding(name), equalLower(name, "content-length")
	switch {
	case folded(line) && (f.framing || coding):
		return refusal("a folded line in Transfer-Encoding or Content-Length: " + quoted(line))
	case !coding && !length:
		f.framing = false
		return nil
	case f.size > len(f.line):
		return refusal("a field too long for what it says: " + quoted(line))
	}
	f.framing = true
	value = bytes.Trim(value, " \t")
	if coding {
		return f.transferEncoding(name, value, line)
	}
	return f.contentLength(value)
}

// transferEncoding bears "chunked" once, in HTTP/1.1. What ends in chunks otherwise coded is left
// to net/http's 501; what does not end in them has no length: 400 (RFC 9112 section 6.3).
func (f *webFraming) transferEncoding(name, value, line []byte) error {
	first, last, list := cutLast(value)
	switch {
	case !equalLower(name, "transfer-encoding"):
		return refusal("a forged Transfer-Encoding: " + quoted(line))
	case f.old:
		return refusal("Transfer-Encoding in a request of HTTP/1.0")
	case f.length >= 0:
		return refusal("Content-Length beside Transfer-Encoding")
	case f.coding != noCoding:
		return refusal("a second Transfer-Encoding")
	case equalLower(value, "chunked"):
		f.coding = chunked
	case list && equalLower(last, "chunked") && names(first):
		f.coding = otherCoding
	default:
		return refusal("Transfer-Encoding is not chunked: " + quoted(line))
	}
	return nil
}

// cutLast splits the last element from a list.
func cutLast(list []byte) (first, last []byte, ok bool) {
	i := bytes.LastIndexByte(list, ',')
	if i < 0 {
		return nil, list, false
	}
	return list[:i], bytes.TrimLeft(list[i+1:], " \t"), true
}

// names reports whether list is one of codings by name, chunked not among them.
func names(list []byte) bool {
	for name := range bytes.SplitSeq(list, []byte{','}) {
		name = bytes.Trim(name, " \t")
		if len(name) == 0 || bytes.Contains(bytes.ToLower(name), []byte("chunked")) {
			return false
		}
		for _, c := range name {
			if !letter(c) && c != '-' && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// contentLength bears the same number twice (RFC 9110 section 8.6).
func (f *webFraming) contentLength(value []byte) error {
	n, ok := decimal(value)
	switch {
	case f.coding != noCoding:
		return refusal("Content-Length beside Transfer-Encoding")
	case !ok:
		return refusal("Content-Length is no number: " + quoted(value))
	case f.length >= 0 && f.length != n:
		return refusal("a second Content-Length, which contradicts the first")
	}
	f.length = n
	return nil
}

func decimal(digits []byte) (n int64, ok bool) {
	const most = 1<<63 - 1
	for _, c := range digits {
		d := int64(c) - '0'
		if d < 0 || d > 9 || n > (most-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(digits) > 0
}

// spellsTransferEncoding reports whether a name's letters are those of Transfer-Encoding, whatever
// stands between them: somebody else may take it for that.
func spellsTransferEncoding(name []byte) bool {
	const want = "transferencoding"
	n := 0
	for _, c := range name {
		if !letter(c) {
			continue
		}
		if n == len(want) || c|0x20 != want[n] {
			return false
		}
		n++
	}
	return n == len(want)
}

// equalLower reports whether b is lower, which has letters and hyphens, in any case.
func equalLower(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c != lower[i] && (!letter(c) || c|0x20 != lower[i]) {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
