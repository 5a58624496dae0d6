package load

import (
	"bytes"
	"fmt"
)

// maxHead bounds the head of a response, in bytes.
const maxHead = 64 << 10

// A checker compares a response with what it should be.
type checker struct {
	want   []byte // the body
	head   []byte // as far as it has come
	inBody bool   // the head is whole
	at     int    // bytes of the body that have come
}

func (c *checker) reset() { c.head, c.inBody, c.at = c.head[:0], false, 0 }

// write takes the next bytes of a response whose head is one of CGI's (RFC 3875 section 6), or
// HTTP's.
func (c *checker) write(p []byte) error {
	if c.inBody {
		return c.body(p)
	}
	c.head = append(c.head, p...)
	head, rest, whole := bytes.Cut(c.head, []byte("\r\n\r\n"))
	switch {
	case !whole && len(c.head) > maxHead:
		return fmt.Errorf("the response's head is longer than %d bytes: %.80q", maxHead, c.head)
	case !whole:
		return nil
	}
	if s := statusOf(head); s != "200" {
		return fmt.Errorf("response status %s: %.160q", s, c.head)
	}
	c.inBody = true
	return c.body(rest)
}

// body takes the next bytes of the response's body.
func (c *checker) body(p []byte) error {
	if !bytes.HasPrefix(c.want[c.at:], p) {
		return fmt.Errorf("another response body than is wanted, after %d bytes: %.80q", c.at, p)
	}
	c.at += len(p)
	return nil
}

// whole reports as an error that the response is less than it should be.
func (c *checker) whole() error {
	switch {
	case !c.inBody:
		return fmt.Errorf("the response's head is cut: %.80q", c.head)
	case c.at != len(c.want):
		return fmt.Errorf("the response's body is cut: %d of %d bytes", c.at, len(c.want))
	}
	return nil
}

// statusOf finds the status in a head: in HTTP's status line, or in the field Status, without which
// it is 200.
func statusOf(head []byte) string {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.")); ok && len(rest) >= 5 {
			return string(rest[2:5])
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Status")) {
			code, _, _ := bytes.Cut(bytes.TrimSpace(value), []byte(" "))
			return string(code)
		}
	}
	return "200"
}
