package scgi

import (
	"io"
	"math"

	"github.com/postern-gateway/postern/internal/netio"
)

// A Trace prints one direction of a connection: a line for each message that has been written to it
// whole, a piece of body being one. It is not safe for concurrent use.
//
//	> request CONTENT_LENGTH="2" SCGI="1" REQUEST_METHOD="POST"
//	> body "hi"
//	< head 200 Content-Type="text/plain"
//	< body "hello"
//
// A write of something that is no SCGI prints that, and returns the error.
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
		t.t.Head = netio.ResponseHead
	}
	return t.t.Write(p)
}

// requestHead describes a request's head.
func requestHead(b []byte, t *netio.Trace) (string, int, error) {
	p, _, n, err := consumeRequest(b, math.MaxInt)
	return "request" + t.Pairs(p), n, err
}
