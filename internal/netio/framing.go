package netio

import "strconv"

// A Framing puts pieces of a body on a wire.
type Framing struct {
	Before, After int // room for what is put before and after a piece and its end, at most

	// Frame returns what is sent for the n bytes in buf after Before, in place, and for the body's
	// end if they are the last. n may be 0. buf is as long as Before, the piece and After together,
	// or longer.
	Frame func(buf []byte, n int, last bool) []byte
}

// plain is the framing of a body whose length the head tells.
var plain = Framing{Frame: func(buf []byte, n int, _ bool) []byte { return buf[:n] }}

// chunked is that of a body of unknown length in HTTP/1.1 (RFC 9112 section 7.1).
var chunked = Framing{Before: chunkSize, After: len("\r\n0\r\n\r\n"), Frame: frameChunk}

// chunkSize is how long the line is that tells a chunk's size, at most.
const chunkSize = len("10000\r\n")

func frameChunk(buf []byte, n int, last bool) []byte {
	b := buf[:0]
	if n > 0 {
		size := strconv.FormatInt(int64(n), 16) + "\r\n"
		begin := chunkSize - len(size)
		copy(buf[begin:], size)
		b = append(buf[begin:chunkSize+n], "\r\n"...)
	}
	if last {
		b = append(b, "0\r\n\r\n"...)
	}
	return b
}
