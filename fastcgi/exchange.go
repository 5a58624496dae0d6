package fastcgi

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// An exchange is a request on its way and the response to it.
type exchange struct {
	c       *Client
	ctx     context.Context
	lim     protocol.Limits
	request *protocol.Request // its body has a known length

	firstWrite  []byte // the head, and the body if it is small and in memory
	head        int    // the length of the head in firstWrite
	bodyFollows bool   // the body is sent after firstWrite
	releaseBody func() // releases a body that was taken in; nil: there is none

	conn    *netio.PoolConn
	in      netio.Reader // reads conn
	timeout netio.ResponseDeadline
	stop    func() bool // ends the watch of the context
	reached bool        // a byte of the request was written, on whatever connection

	sender        sync.WaitGroup
	sendFailed    bool                  // the backend cannot have read the whole request
	allSent       atomic.Bool           // the whole request has been sent
	bodyErr       atomic.Pointer[error] // why the request's body could not be read
	responseBegan bool                  // at least a byte of a response came
	ended         atomic.Bool           // END_REQUEST came, or close was called

	answer
}

// smallBody is the size up to which a body is sent with the head, in one write and without a
// goroutine.
const smallBody = 16 << 10

// requestID is the id of every request: a connection carries one at a time, and nginx uses no
// other.
const requestID = 1

// encode makes what is sent at once.
func (x *exchange) encode() error {
	r := x.request
	b := appendRecord(nil, typeBegin, requestID, appendBegin(nil, begin{role: wireRoleOf(r.Role), keep: x.c.MaxIdle > 0}))
	b, err := appendRequestParams(b, r)
	if err != nil {
		return err
	}
	x.head = len(b)
	switch n := r.ContentLength; {
	case r.Role == protocol.Authorizer, n == 0:
	case r.Body == nil:
		return x.bodyFailed(errors.New("ContentLength is " + strconv.FormatInt(n, 10) + " and Body is nil"))
	case n <= smallBody && r.Role != protocol.Filter:
		body := make([]byte, n)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return x.bodyFailed(err)
		}
		b = appendRecord(b, typeStdin, requestID, body)
	default:
		x.firstWrite, x.bodyFollows = b, true
		return nil
	}
	b = appendRecord(b, typeStdin, requestID, nil)
	x.bodyFollows = r.Role == protocol.Filter
	x.firstWrite = b
	return nil
}

func wireRoleOf(role protocol.Role) uint16 {
	switch role {
	case protocol.Authorizer:
		return wireAuthorizer
	case protocol.Filter:
		return wireFilter
	}
	return wireResponder
}

// appendRequestParams appends a request's PARAMS records: pairs whole, as long as they fit in a
// record.
func appendRequestParams(dst []byte, r *protocol.Request) ([]byte, error) {
	var room [2 << 10]byte
	content := room[:0]
	for _, p := range paramsOf(r) {
		n := pairLen(p.Name, p.Value)
		if int64(len(p.Name)) > maxLength || int64(len(p.Value)) > maxLength {
			return nil, tooLarge("write params", int64(n), maxLength, "bytes")
		}
		if len(content) > 0 && len(content)+n > fullContent {
			dst = appendRecord(dst, typeParams, requestID, content)
			content = content[:0]
		}
		content = appendPair(content, p.Name, p.Value)
		for len(content) > fullContent { // a pair that no record holds
			dst = appendRecord(dst, typeParams, requestID, content[:fullContent])
			content = content[:copy(content, content[fullContent:])]
		}
	}
	if len(content) > 0 {
		dst = appendRecord(dst, typeParams, requestID, content)
	}
	return appendRecord(dst, typeParams, requestID, nil), nil
}

// paramsOf returns the variables that are sent: with a true CONTENT_LENGTH, without what
// contradicts it or is dangerous.
func paramsOf(r *protocol.Request) protocol.Params {
	length := strconv.FormatInt(r.ContentLength, 10)
	params := make(protocol.Params, 0, len(r.Params)+2)
	told := r.Role == protocol.Authorizer || r.ContentLength == 0
	for _, p := range r.Params {
		switch {
		case p.Name == "CONTENT_LENGTH" && told && p.Value != "0", protocol.Withheld(p.Name, protocol.ToBackend):
			continue
		case p.Name == "CONTENT_LENGTH":
			p.Value, told = length, true
		}
		params = append(params, p)
	}
	if !told {
		params.Add("CONTENT_LENGTH", length)
	}
	if _, ok := params.Lookup("FCGI_DATA_LENGTH"); r.Role == protocol.Filter && !ok && r.DataLength >= 0 {
		params.Add("FCGI_DATA_LENGTH", strconv.FormatInt(r.DataLength, 10))
	}
	return params
}

// attempt sends the request on the connection and reads the response's head.
func (x *exchange) attempt() (*protocol.Response, error) {
	conn := x.conn
	defer conn.AwaitReply()()
	x.in.Reset(conn.Conn)
	x.stop = context.AfterFunc(x.ctx, func() { conn.Close() })
	conn.SetWriteDeadline(netio.After(x.lim.WriteTimeout))
	x.timeout.Start(conn, &x.lim)
	n, err := conn.Write(x.firstWrite)
	x.reached = x.reached || n > 0
	if err != nil {
		// A backend that has answered and gone may still have its answer read.
		x.sendFailed = true
		if x.ctx.Err() != nil || netio.IsTimeout(err) {
			return nil, x.failed("write request", err)
		}
	} else if x.bodyFollows {
		x.sender.Go(func() { x.sendRest() })
	} else {
		x.allSent.Store(true)
	}
	return x.receive()
}

// mayRetry reports whether the request, which has failed, may be sent once more on a new
// connection.
func (x *exchange) mayRetry() bool {
	if !x.conn.Used() || x.responseBegan || x.ctx.Err() != nil || x.bodyFollows && !x.sendFailed {
		return false
	}
	return x.sendFailed || x.c.Resend || netio.Idempotent(x.request.Method())
}

// sendRest sends a body that is not small, and a Filter's DATA.
func (x *exchange) sendRest() {
	r := x.request
	if r.ContentLength > 0 && !x.send(typeStdin, x.timeout.PauseFor(r.Body), r.ContentLength) {
		return
	}
	if r.Role == protocol.Filter && !x.send(typeData, x.timeout.PauseFor(r.Data), r.DataLength) {
		return
	}
	x.allSent.Store(true)
}

// send sends n bytes (-1: to its end) of a stream, and its end. A body that is too short ends the
// exchange: the backend must not take it for whole.
func (x *exchange) send(typ recordType, body io.Reader, n int64) bool {
	buf := pieces.Get()
	defer pieces.Put(buf)
	for ended := body == nil || n == 0; ; {
		m, err := 0, error(nil)
		if !ended {
			room := buf[headerLen : headerLen+fullContent]
			if n >= 0 {
				room = room[:min(n, int64(len(room)))]
			}
			m, err = body.Read(room)
			if n >= 0 {
				n -= int64(m)
			}
			ended = n == 0 || n < 0 && err == io.EOF
		}
		if !x.sendPiece(buf, typ, m, ended) {
			return false
		}
		if ended {
			return true
		}
		if err != nil {
			x.bodyFailed(err)
			x.conn.Close()
			return false
		}
	}
}

// sendPiece sends the n bytes in buf as a record, and the end of the stream after the last one.
func (x *exchange) sendPiece(buf *piece, typ recordType, n int, last bool) bool {
	b := buf[:0]
	if n > 0 {
		pad := padding(n)
		b = appendHeader(b, header{typ, requestID, n, pad})[:headerLen+n]
		b = append(b, zeros[:pad]...)
	}
	if last {
		b = appendHeader(b, header{typ: typ, id: requestID})
	}
	x.conn.SetWriteDeadline(netio.After(x.lim.WriteTimeout))
	_, err := x.conn.Write(b)
	return err == nil
}

// bodyFailed notes why the request's body could not be read: that is what the exchange fails of.
func (x *exchange) bodyFailed(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if _, ok := errors.AsType[*protocol.Error](err); !ok {
		err = fail(protocol.ErrAborted, "read request body", "", err)
	}
	x.bodyErr.Store(&err)
	return err
}

// failed gives an error its place: the context's if it has ended, that of a body that could not be
// read, else the backend's.
func (x *exchange) failed(op string, err error) error {
	if cause := context.Cause(x.ctx); cause != nil {
		if errors.Is(x.ctx.Err(), context.DeadlineExceeded) {
			return fail(protocol.ErrUpstream, op, "", cause)
		}
		return fail(protocol.ErrAborted, op, "", cause)
	}
	if bodyErr := x.bodyErr.Load(); bodyErr != nil {
		return *bodyErr
	}
	if e, ok := err.(*protocol.Error); ok && e.Kind == protocol.ErrUpstream {
		own := *e
		own.Protocol = Name
		return &own
	}
	return fail(protocol.ErrUpstream, op, "", err)
}

// close ends the exchange as it is.
func (x *exchange) close() {
	if !x.ended.CompareAndSwap(false, true) {
		return
	}
	if x.conn != nil {
		x.stop()
		x.conn.Close()
	}
	x.giveBack()
}

// giveBack gives back a body that was taken in, when nobody sends it any more.
func (x *exchange) giveBack() {
	if x.releaseBody != nil {
		x.sender.Wait()
		x.releaseBody()
	}
}
