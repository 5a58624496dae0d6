package load

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
)

// An answerHead is what of an HTTP response's head tells where its body ends.
type answerHead struct {
	length  int // -1: it is not declared
	chunked bool
	last    bool // the connection carries no further response
}

// readHTTP reads an HTTP/1 response.
func readHTTP(r *bufio.Reader, c *checker) (last bool, err error) {
	h, err := readAnswerHead(r)
	if err != nil {
		return true, err
	}
	c.inBody = true
	switch {
	case h.chunked:
		err = readChunks(r, c)
	case h.length >= 0:
		err = feed(r, h.length, c.body)
	default:
		return readToEnd(r, c)
	}
	return h.last || err != nil, err
}

// readLastHTTP reads the only response of a connection, whether or not it says so.
func readLastHTTP(r *bufio.Reader, c *checker) (last bool, err error) {
	_, err = readHTTP(r, c)
	return true, err
}

func readAnswerHead(r *bufio.Reader) (h answerHead, err error) {
	line, err := readLine(r)
	if err != nil {
		return h, err
	}
	if s := statusOf(line); !bytes.HasPrefix(line, []byte("HTTP/1.")) || s != "200" {
		return h, fmt.Errorf("response status line %.160q", line)
	}
	h.length, h.last = -1, line[7] == '0'
	for {
		line, err := readLine(r)
		if err != nil || len(line) == 0 {
			return h, err
		}
		if err := h.field(line); err != nil {
			return h, err
		}
	}
}

// field takes one header field.
func (h *answerHead) field(line []byte) (err error) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		if h.length, err = strconv.Atoi(string(value)); err != nil || h.length < 0 {
			return fmt.Errorf("bad Content-Length %q", value)
		}
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		h.chunked = bytes.EqualFold(value, []byte("chunked"))
	case bytes.EqualFold(name, []byte("Connection")):
		h.last = bytes.EqualFold(value, []byte("close")) || h.last && !bytes.EqualFold(value, []byte("keep-alive"))
	}
	return nil
}

// readChunks reads a body of chunks (RFC 9112 section 7.1) and its trailer.
func readChunks(r *bufio.Reader, c *checker) error {
	for {
		line, err := readLine(r)
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return fmt.Errorf("bad chunk %.40q", line)
		}
		if err := feed(r, int(n), c.body); err != nil {
			return err
		}
		for { // the line's end after a chunk, or the trailer
			line, err := readLine(r)
			if err != nil {
				return err
			}
			if len(line) == 0 {
				break
			}
			if n > 0 {
				return fmt.Errorf("bad end of a chunk: %.40q", line)
			}
		}
		if n == 0 {
			return nil
		}
	}
}

// readLine returns a line without its end. It is good until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, cut(err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}
