package protocol

import "net/http"

// plainText is the type of a text of which nothing more is known.
const plainText = "text/plain; charset=utf-8"

// detectType is [http.DetectContentType]. That compares a body with some forty signatures in turn,
// which costs more than all else of a short response's head: most texts are known without them.
func detectType(body []byte) string {
	if beginsAsText(body) && isText(body) {
		return plainText
	}
	return http.DetectContentType(body)
}

// beginsAsText reports whether body begins with a character that begins text alone, which no
// signature of another type does: those of fonts begin with a t and a w.
func beginsAsText(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	switch c := body[0]; c {
	case '{', '[':
		return true
	case 't', 'w':
		return false
	default:
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
	}
}

// sniffed is how many bytes of a body tell its type (MIME Sniffing section 5.2).
const sniffed = 512

// isText reports whether body has none of the bytes that no text has (MIME Sniffing section 3).
func isText(body []byte) bool {
	for _, c := range body[:min(len(body), sniffed)] {
		switch {
		case c >= ' ', '\t' <= c && c <= '\r' && c != '\v', c == 0x1b:
		default:
			return false
		}
	}
	return true
}
