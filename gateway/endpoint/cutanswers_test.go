package endpoint_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// record is a FastCGI record of a response, padded as php-fpm pads it.
func record(typ byte, content string) string {
	pad := -len(content) & 7
	head := []byte{1, typ, 0, 1, byte(len(content) >> 8), byte(len(content)), byte(pad), 0}
	return string(head) + content + strings.Repeat("\x00", pad)
}

// The record types of a response.
const (
	endRequest = 3
	stdout     = 6
	stderr     = 7
)

// ended is END_REQUEST of a request that is complete.
var ended = record(endRequest, strings.Repeat("\x00", 8))

// answers are what backends say, each of which tells where it ends.
var answers = []struct {
	protocol, name, bytes string
	whole                 string // up to its end the response is whole; empty: all of bytes
}{
	{"fastcgi", "php-fpm", record(stdout, "X-Powered-By: PHP\r\nContent-type: text/html\r\n\r\nhello") + ended, ""},
	{"fastcgi", "libfcgi", record(stderr, "a warning") + record(stdout, "Status: 200 OK\r\nContent-Ty") + record(stdout, "pe: text/plain\r\n\r\nhel") +
		record(stdout, "lo") + record(stdout, "") + record(stderr, "") + ended, ""},
	{"fastcgi", "a length", record(stdout, "Content-Length: 5\r\n\r\nhello") + ended, "hello"},
	{"scgi", "a length", "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", ""},
	{"uwsgi", "a length", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", ""},
	{"uwsgi", "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "lo\r\n0\r\n"},
	{"http", "a length", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", ""},
	{"http", "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "lo\r\n0\r\n"},
}

// TestAnswersCutAnywhere has backends close after each strict prefix of each answer: it is an error
// or an incomplete body, never a whole response, and the connection is not used again.
func TestAnswersCutAnywhere(t *testing.T) {
	for _, a := range answers {
		t.Run(a.protocol+"/"+a.name, func(t *testing.T) {
			t.Parallel()
			b := startBad(t, a.protocol, speech{})
			s := startBadSite(t, b.url+keeping(a.protocol), nil)
			size := len(a.bytes)
			if a.whole != "" {
				size = strings.Index(a.bytes, a.whole) + len(a.whole)
			}
			for n := range size {
				b.says = a.bytes[:n]
				if body, err := s.ask(t); err == nil || !errors.Is(err, protocol.ErrUpstream) {
					t.Errorf("cut after %d of %d bytes: the client has %q as if it were whole, %v", n, size, body, err)
				} else if !strings.Contains(err.Error(), b.address) {
					t.Errorf("cut after %d bytes: %v does not name %s", n, err, b.address)
				}
				if status, body, err := s.get(); err == nil && status != 502 {
					t.Errorf("cut after %d of %d bytes: the gateway answers %d %q as if it were whole", n, size, status, body)
				}
			}
			if got := b.connections(t); got != int64(2*size) {
				t.Errorf("%d connections for %d requests", got, 2*size)
			}
			b.says = a.bytes
			if body, err := s.ask(t); err != nil || body != "hello" {
				t.Errorf("the whole answer: %q, %v", body, err)
			}
			if status, body, err := s.get(); err != nil || status != 200 || body != "hello" {
				t.Errorf("the whole answer by the gateway: %d %q, %v", status, body, err)
			}
		})
	}
}

// keeping is the option by which a client keeps connections.
func keeping(protocol string) string {
	if protocol == "fastcgi" {
		return "?keep=4"
	}
	return ""
}
