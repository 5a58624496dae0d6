package gateway

import (
	"io"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// expect says that a body of length bytes follows.
func (s *tracedSide) expect(length uint64) {
	s.at, s.left, s.length = atBody, length, length
}

// endsEarly is the error of a side that ends here, where more was to follow. No body at all may be
// that of a response to HEAD, where nobody knows the method.
func (s *tracedSide) endsEarly() error {
	got := int64(s.length - s.left)
	detail := ""
	switch {
	case s.at == atBody && got == 0 && s.unsure:
		return nil
	case s.at == atBody:
		return netio.ShortBody("http", got, int64(s.length))
	case s.at == atChunkData:
		detail = netio.BytesOf(got, int64(s.length)) + " of a chunk came"
	case s.at == atChunk, s.at == atChunkEnd:
		detail = "the last chunk has not come"
	default:
		return nil
	}
	return &protocol.Error{Protocol: "http", Op: "read body", Kind: protocol.ErrAborted, Detail: detail, Err: io.ErrUnexpectedEOF}
}
