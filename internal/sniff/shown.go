package sniff

import (
	"bytes"
	"encoding/binary"

	"github.com/postern-gateway/postern/protocol"
)

// isShown reports whether first, all that has come, shows that the peer speaks w: a match says no
// more than that it may.
func (w *Wire) isShown(first []byte) bool {
	switch w {
	case SCGI:
		return isNetstring(first)
	case UWSGI:
		return isPacket(first)
	case HTTP:
		return isRequestLine(first)
	}
	return w.Match(first) == protocol.StrongMatch
}

// isNetstring reports whether b begins with digits and a colon, as far as it goes.
func isNetstring(b []byte) bool {
	rest := bytes.TrimLeft(b, "0123456789")
	return len(rest) < len(b) && (len(rest) == 0 || rest[0] == ':')
}

// isRequestLine reports whether b begins with a request's line. While its end has not come, a
// method of capital letters is enough.
func isRequestLine(b []byte) bool {
	line, _, whole := bytes.Cut(b, []byte("\n"))
	if whole || bytes.Contains(line, []byte(" HTTP/")) {
		return bytes.Contains(line, []byte(" HTTP/"))
	}
	return HTTP.Match(b) == protocol.StrongMatch
}

// isPacket reports whether b begins with a packet of uwsgi: a ping, or a block whose first string
// is a name. While that name has not come, modifier1 0 is enough, with a header that fits a request
// as far as it goes.
func isPacket(b []byte) bool {
	const header, ping = 4, 100
	if len(b) < header {
		return b[0] == 0
	}
	size := int(binary.LittleEndian.Uint16(b[1:]))
	if b[0] == ping && size == 0 {
		return true
	}
	block := b[header:]
	if len(block) < 3 {
		return b[0] == 0 && b[3] == 0 && size > 2
	}
	length := int(binary.LittleEndian.Uint16(block))
	name := block[2:min(len(block), 2+length)]
	return length > 0 && 2+length <= size && bytes.IndexFunc(name, notInName) < 0
}

// notInName reports whether c is not printable ASCII.
func notInName(c rune) bool { return c <= ' ' || c > '~' }
