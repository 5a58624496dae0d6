package uwsgi

import (
	"io"
	"math"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
)

// A Trace prints one direction of a connection: a line for each message that has been written to it
// whole, a piece of body being one. It is not safe for concurrent use.
//
//	> 0 (WSGI) 0 REQUEST_METHOD="POST" CONTENT_LENGTH="2"
//	> body "hi"
//	< head 200 Content-Type="text/plain"
//	< body "hello"
//
// A packet that is no request, nor the answer to a ping, is printed with its block as it came.
//
// A write of something that is no uwsgi prints that, and returns the error.
type Trace struct {
	Out io.Writer
	// begins each line; ">" and "<" are usual for what the front and what the server says
	Prefix string
	// bytes of a value or of a piece of body that are printed; 0 means 64, negative all
	Max      int
	Response bool // what is written to it comes from the server

	t netio.Trace
}

// Write prints the messages that p completes.
func (t *Trace) Write(p []byte) (int, error) {
	t.t.Out, t.t.Prefix, t.t.Max, t.t.Head = t.Out, t.Prefix, t.Max, requestHead
	if t.Response {
		t.t.Head = responseHead
	}
	return t.t.Write(p)
}

// requestHead describes a packet.
func requestHead(b []byte, t *netio.Trace) (text string, n int, err error) {
	h, block, n := consumePacket(b)
	if n == 0 {
		return "", 0, nil
	}
	text = h.modifier1.String() + " " + strconv.Itoa(int(h.modifier2))
	switch {
	case h.modifier1.isRequest():
		p, err := consumeBlock(block, math.MaxInt)
		return text + t.Pairs(p), n, err
	case h.size > 0:
		text += " " + t.Quote(string(block))
	}
	return text, n, nil
}

// responseHead describes what the server answers with: the answer to a ping is a packet, every
// other is HTTP's.
func responseHead(b []byte, t *netio.Trace) (string, int, error) {
	if len(b) > 0 && modifier(b[0]) == kindPing {
		return requestHead(b, t)
	}
	return netio.ResponseHead(b, t)
}
