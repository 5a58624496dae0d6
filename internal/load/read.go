package load

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// readToEnd reads a response that ends with its connection: SCGI's and uwsgi's.
func readToEnd(r *bufio.Reader, c *checker) (last bool, err error) {
	for {
		switch _, err := r.Peek(1); {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return true, err
		}
		if err := feed(r, r.Buffered(), c.write); err != nil {
			return true, err
		}
	}
}

// feed gives the next n bytes to take, piece by piece.
func feed(r *bufio.Reader, n int, take func([]byte) error) error {
	for n > 0 {
		if _, err := r.Peek(1); err != nil {
			return cut(err)
		}
		p, _ := r.Peek(min(n, r.Buffered()))
		if err := take(p); err != nil {
			return err
		}
		r.Discard(len(p))
		n -= len(p)
	}
	return nil
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// The types of records that an answer has (FastCGI section 8), and the length of their header.
const (
	headerLen        = 8
	typeEndRequest   = 3
	typeStdout       = 6
	typeStderr       = 7
	endRequestLength = 8
)

// A recordHeader is the beginning of a FastCGI record (section 3.3).
type recordHeader struct {
	typ              byte
	id               uint16
	content, padding int
}

func readHeader(r *bufio.Reader) (h recordHeader, err error) {
	b, err := r.Peek(headerLen)
	if err != nil {
		return h, cut(err)
	}
	if b[0] != 1 {
		return h, fmt.Errorf("no FastCGI record: it begins with %q", b)
	}
	h = recordHeader{b[1], binary.BigEndian.Uint16(b[2:]), int(binary.BigEndian.Uint16(b[4:])), int(b[6])}
	_, err = r.Discard(headerLen)
	return h, err
}

// readRecord reads the rest of a record. It reports whether that was the response's last.
func readRecord(r *bufio.Reader, h recordHeader, c *checker) (ended bool, err error) {
	switch h.typ {
	case typeStdout:
		err = feed(r, h.content, c.write)
	case typeEndRequest:
		return true, readEnd(r, h)
	case typeStderr:
		_, err = r.Discard(h.content)
	default:
		err = fmt.Errorf("a record of type %d", h.typ)
	}
	if err == nil {
		_, err = r.Discard(h.padding)
	}
	return false, cut(err)
}

// readEnd reads FCGI_END_REQUEST, whose protocolStatus must be that of a request that was served.
func readEnd(r *bufio.Reader, h recordHeader) error {
	if h.content != endRequestLength {
		return fmt.Errorf("FCGI_END_REQUEST of %d bytes", h.content)
	}
	b, err := r.Peek(endRequestLength)
	if err != nil {
		return cut(err)
	}
	if b[4] != 0 {
		return fmt.Errorf("FCGI_END_REQUEST with protocolStatus %d", b[4])
	}
	_, err = r.Discard(h.content + h.padding)
	return cut(err)
}

// readFastCGI reads the records of one response.
func readFastCGI(r *bufio.Reader, c *checker) (last bool, err error) {
	for {
		h, err := readHeader(r)
		if err == nil && h.id != 1 {
			err = fmt.Errorf("a record of request %d, of which there is none", h.id)
		}
		if err != nil {
			return true, err
		}
		ended, err := readRecord(r, h, c)
		if ended || err != nil {
			return err != nil, err
		}
	}
}

// readLastFastCGI reads the records of the only response of a connection.
func readLastFastCGI(r *bufio.Reader, c *checker) (last bool, err error) {
	_, err = readFastCGI(r, c)
	return true, err
}
