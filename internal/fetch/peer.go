package fetch

import (
	"bytes"

	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// Speaks says what the other end probably is, by the first bytes of its answer to a request of that
// protocol, and what to do about it: "the peer speaks HTTP; is this an http:// port?". "" says that
// nothing is known, or all is as it should be.
func Speaks(asked string, first []byte) string {
	if len(first) == 0 {
		return silent[asked]
	}
	for _, g := range greetings {
		if g.scheme != asked && bytes.HasPrefix(first, []byte(g.begins)) {
			return "the peer speaks " + g.title + "; " + g.advice
		}
	}
	if w := sniff.FastCGI; asked != w.Name && w.Match(first) == protocol.StrongMatch {
		return "the peer speaks FastCGI; is this a fastcgi:// port?"
	}
	return ""
}

// silent is what may be the matter with a peer that closes without a byte.
var silent = map[string]string{
	"fastcgi": "the peer closed without a byte: does it speak FastCGI, and may this address connect (php-fpm's listen.allowed_clients)?",
	"http":    "the peer closed without a byte, as backends do that do not speak HTTP: is this a fastcgi://, scgi:// or uwsgi:// port?",
	"scgi":    "the peer closed without a byte: does it speak SCGI?",
	"uwsgi":   "the peer closed without a byte: does it speak uwsgi, and is uWSGI's buffer-size large enough?",
}

// greetings are the first bytes of servers.
var greetings = []struct {
	scheme, begins, title, advice string
}{
	{"http", "HTTP/", "HTTP", "is this an http:// port?"},
	{"", "\x15\x03", "TLS", "is this an https:// port?"}, // an alert
	{"", "\x16\x03", "TLS", "is this an https:// port?"},
	{"", "SSH-", "SSH", "it is no backend: which port was meant?"},
	{"", "220", "SMTP or FTP", "it is no backend: which port was meant?"},
	{"", "-ERR ", "Redis or POP3", "it is no backend: which port was meant?"},
	{"", "-DENIED", "Redis", "it is no backend: which port was meant?"},
	{"", "* OK ", "IMAP", "it is no backend: which port was meant?"},
}

// speaksHTTP says so of a peer that was asked by a protocol whose answers may begin as HTTP's do,
// and that has answered as a server of HTTP does which cannot read the request.
func speaksHTTP(asked string, status int, first []byte) bool {
	return status == 400 && (asked == "scgi" || asked == "uwsgi") && bytes.HasPrefix(first, []byte("HTTP/1."))
}
