package fastcgi

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// An answer is how far a response has been read.
type answer struct {
	left    int    // bytes of the current STDOUT record to come
	padding int    // bytes after the current record
	rest    []byte // of the body, read together with a head that came in parts
	outDone bool   // the end of STDOUT came
	clean   bool   // END_REQUEST came, and nothing after it
	over    bool   // END_REQUEST came
	body    netio.Answer
}

// Receive implements [netio.Wire].
func (x *exchange) Receive() (*protocol.Response, error) {
	x.in.Reset(x.Conn) // what came on a connection on which the request has failed is dropped
	x.answer = answer{}
	var head []byte
	for interim := 0; interim <= netio.MaxInterim; {
		status, h, err := x.parseHead(&head)
		switch {
		case err != nil:
			return nil, err
		case status == 0:
			continue
		case status == http.StatusSwitchingProtocols:
			return nil, upstream("status 101, which FastCGI cannot carry")
		case status < 200:
			interim++
		default:
			return x.response(status, h)
		}
	}
	return nil, netio.ErrInterim
}

// parseHead parses what there is of a head, which is in the input buffer if it came in one piece
// and else collected in head. A status of 0 says that it is not whole.
func (x *exchange) parseHead(head *[]byte) (status int, h http.Header, err error) {
	n := 0
	if len(*head) > 0 && len(x.rest) > 0 { // what followed an interim head
		x.rest = nil
		if status, h, n, err = x.headOf(*head); n > 0 || err != nil {
			x.rest, *head = (*head)[n:], (*head)[n:]
			return status, h, err
		}
	}
	if err = x.advance(); err != nil {
		return 0, nil, x.headEnded(err, len(*head))
	}
	if err = x.fill(1); err != nil {
		return 0, nil, err
	}
	b := x.in.Buffered()
	b = b[:min(len(b), x.left)]
	if len(*head) == 0 {
		if status, h, n, err = x.headOf(b); n > 0 || err != nil {
			x.discard(n)
			return status, h, err
		}
	}
	*head = append(*head, b...)
	x.discard(len(b))
	if status, h, n, err = x.headOf(*head); n > 0 {
		x.rest, *head = (*head)[n:], (*head)[n:]
	}
	return status, h, err
}

// headOf parses the head that b begins with, within Limits.ResponseHead.
func (x *exchange) headOf(b []byte) (status int, h http.Header, n int, err error) {
	status, h, n, err = protocol.ParseHead(b)
	if size := cmp.Or(n, len(b)); size > x.Lim.ResponseHead && err == nil {
		err = fail(protocol.ErrUpstream, "read response head", "", tooLarge("parse", int64(size), int64(x.Lim.ResponseHead), "bytes"))
	}
	return status, h, n, err
}

func (x *exchange) headEnded(err error, n int) error {
	if err != io.EOF && err != io.ErrUnexpectedEOF || !x.ResponseBegan {
		return err
	}
	return &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Err: io.ErrUnexpectedEOF,
		Detail: "the response ended after " + strconv.Itoa(n) + " bytes, before the end of its head"}
}

// response makes a response of a final head.
func (x *exchange) response(status int, h http.Header) (*protocol.Response, error) {
	x.body = netio.Answer{Protocol: Name, Request: x.Request, Log: x.c.Log, Lines: &x.Pool.Lines}
	err := x.body.Open(status, h, (*stdoutContent)(x))
	x.res = protocol.Response{Status: status, Header: h, Body: (*answerBody)(x)}
	return &x.res, err
}

func upstream(detail string) error {
	return &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Detail: detail}
}

// discard drops n bytes of STDOUT, which are buffered.
func (x *exchange) discard(n int) {
	x.in.Discard(n)
	x.left -= n
}

// advance reads records until one brings content of STDOUT. The end of the request is io.EOF.
func (x *exchange) advance() error {
	for x.left == 0 {
		if err := x.record(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads until n bytes are buffered.
func (x *exchange) fill(n int) error {
	for len(x.in.Buffered()) < n {
		if err := x.in.More(n); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF // END_REQUEST ends a response, nothing else
			}
			return err
		}
	}
	return nil
}

// record reads a record, but for the content of STDOUT.
func (x *exchange) record() error {
	if err := x.fill(x.padding + headerLen); err != nil {
		return err
	}
	x.in.Discard(x.padding)
	x.padding = 0
	x.ResponseBegan = true
	h, n, err := consumeHeader(x.in.Buffered())
	if err != nil {
		return err
	}
	x.in.Discard(n)
	switch {
	case h.id == requestID && h.typ == typeStdout:
		x.left, x.padding = h.content, h.padding
		x.outDone = x.outDone || h.content == 0
		if x.outDone && h.content > 0 {
			return malformed("read STDOUT", "a record after the end of the stream")
		}
		return nil
	case h.id == requestID && h.typ == typeEnd:
		return x.endRequest(h)
	case h.id == requestID && h.typ == typeStderr, h.id == 0:
		return x.aside(h)
	}
	return malformed("read record", h.typ.String()+" for request id "+strconv.Itoa(int(h.id)))
}

// aside reads the content of STDERR, or of a management record, which is skipped.
func (x *exchange) aside(h header) error {
	for h.content > 0 {
		if err := x.fill(1); err != nil {
			return err
		}
		b := x.in.Buffered()
		b = b[:min(len(b), h.content)]
		if h.typ == typeStderr && x.c.Stderr != nil {
			x.c.Stderr(x.Request, b)
		}
		x.in.Discard(len(b))
		h.content -= len(b)
	}
	x.padding = h.padding
	return nil
}

// endRequest reads END_REQUEST: io.EOF if the response is whole.
func (x *exchange) endRequest(h header) error {
	if h.content != endLen {
		return malformed("read END_REQUEST", strconv.Itoa(h.content)+" bytes of content, want 8")
	}
	if err := x.fill(endLen); err != nil {
		return err
	}
	e, n := consumeEnd(x.in.Buffered())
	x.in.Discard(n)
	switch {
	case e.status == overloaded || e.status == cantMpxConn:
		return &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream, Detail: e.status.String(),
			Status: http.StatusServiceUnavailable, RetryAfter: time.Second}
	case e.status != requestComplete:
		return &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream, Detail: e.status.String()}
	case e.app != 0 && !x.outDone:
		return &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream, Err: io.ErrUnexpectedEOF,
			Detail: "the backend ended it with appStatus " + strconv.FormatUint(uint64(e.app), 10)}
	}
	if b := x.in.Buffered(); len(b) == h.padding {
		x.in.Discard(len(b))
		x.clean = true
	}
	return io.EOF
}

// peek reads what is buffered of the response's end, so that the end comes together with the last
// bytes.
func (x *exchange) peek() error {
	for x.left == 0 && len(x.rest) == 0 {
		b := x.in.Buffered()
		if len(b) < x.padding {
			return nil
		}
		h, _, n, err := consumeRecord(b[x.padding:])
		if n == 0 || err != nil || h.typ == typeStdout && h.content > 0 {
			return nil
		}
		if err := x.record(); err != nil {
			return err
		}
	}
	return nil
}
