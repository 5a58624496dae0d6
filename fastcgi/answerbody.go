package fastcgi

import (
	"io"

	"github.com/postern-gateway/postern/internal/netio"
)

// An answerBody is a response's body.
type answerBody exchange

// Read returns io.EOF once the body has its declared length, or else END_REQUEST has come, together
// with the last bytes where it is known by then.
func (b *answerBody) Read(p []byte) (n int, err error) {
	x := (*exchange)(b)
	n, err = x.body.Read(p)
	switch err {
	case nil:
	case io.EOF:
		x.finish()
	default:
		err = x.Failed("read response", err)
		x.Close()
	}
	return n, err
}

// Close ends the exchange at once, unless the response is whole because it has no body. It may come
// while another goroutine reads.
func (b *answerBody) Close() error {
	x := (*exchange)(b)
	if x.body.None() {
		x.finish()
	} else {
		x.Close()
	}
	return nil
}

// A stdoutContent is the content of STDOUT after the head. It ends with END_REQUEST.
type stdoutContent exchange

// Pending implements [netio.Raw].
func (b *stdoutContent) Pending() bool {
	return len(b.rest) > 0 || b.left > 0 && len(b.in.Buffered()) > 0
}

// Read returns io.EOF together with the last bytes where it is known by then.
func (b *stdoutContent) Read(p []byte) (n int, err error) {
	x := (*exchange)(b)
	if x.over {
		return 0, io.EOF
	}
	if len(x.rest) > 0 {
		n = copy(p, x.rest)
		x.rest = x.rest[n:]
	} else {
		x.Piece()
		n, err = x.readRecord(p)
	}
	if err == nil {
		err = x.peek()
	}
	x.over = err == io.EOF
	return n, err
}

func (x *exchange) readRecord(p []byte) (n int, err error) {
	if err := x.advance(); err != nil {
		return 0, err
	}
	p = p[:min(len(p), x.left)]
	if len(x.in.Buffered()) == 0 && len(p) >= netio.BufferSize/2 {
		n, err = x.Conn.Read(p)
		if x.left -= n; n > 0 {
			return n, nil
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	if err := x.fill(1); err != nil {
		return 0, err
	}
	n = copy(p, x.in.Buffered())
	x.discard(n)
	return n, nil
}
