package fastcgi

import (
	"iter"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// An exchange is a request on its way and the response to it.
type exchange struct {
	netio.Exchange
	c     *Client
	in    netio.Reader // reads the connection
	head  []byte       // room for the request's head
	parts [2]netio.Part
	res   protocol.Response
	answer
}

// requestID is the id of every request: a connection carries one at a time, and nginx uses no
// other.
const requestID = 1

// Encode implements [netio.Wire].
func (x *exchange) Encode(r *protocol.Request) (head []byte, body []netio.Part, err error) {
	var room [beginLen]byte
	head = appendRecord(x.head, typeBegin, requestID, appendBegin(room[:0], begin{role: wireRoleOf(r.Role), keep: x.c.MaxIdle > 0}))
	if head, err = appendRequestParams(head, r); err != nil {
		return nil, nil, err
	}
	stdin := netio.Part{Body: r.Body, Again: r.GetBody, Length: r.ContentLength, Framing: stdinRecords}
	if r.Role == protocol.Authorizer {
		stdin.Body, stdin.Length = nil, 0
	}
	body = append(x.parts[:0], stdin)
	if r.Role == protocol.Filter {
		body = append(body, netio.Part{Body: r.Data, Length: r.DataLength, Framing: dataRecords})
	}
	return head, body, nil
}

// stdinRecords and dataRecords are streams in records, each of them a piece. One is all of a piece
// and an end, so that a backend gets its last bytes and the end together.
var stdinRecords, dataRecords = framingOf(typeStdin), framingOf(typeData)

func framingOf(typ recordType) netio.Framing {
	return netio.Framing{Before: headerLen, After: len(zeros) + headerLen, Frame: func(buf []byte, n int, last bool) []byte {
		b := buf[:0]
		if n > 0 {
			pad := padding(n)
			b = appendHeader(b, header{typ, requestID, n, pad})[:headerLen+n]
			b = append(b, zeros[:pad]...)
		}
		if last {
			b = appendHeader(b, header{typ: typ, id: requestID})
		}
		return b
	}}
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
	for p := range paramsOf(r) {
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
func paramsOf(r *protocol.Request) iter.Seq[protocol.Param] {
	return func(yield func(protocol.Param) bool) {
		told := r.Role == protocol.Authorizer || r.ContentLength == 0
		dataTold := r.Role != protocol.Filter || r.DataLength < 0
		for _, p := range r.Params {
			switch {
			case p.Name == "CONTENT_LENGTH" && told && p.Value != "0", protocol.Withheld(p.Name, protocol.ToBackend):
				continue
			case p.Name == "CONTENT_LENGTH":
				p.Value, told = strconv.FormatInt(r.ContentLength, 10), true
			case p.Name == "FCGI_DATA_LENGTH":
				dataTold = true
			}
			if !yield(p) {
				return
			}
		}
		if !told && !yield(protocol.Param{Name: "CONTENT_LENGTH", Value: strconv.FormatInt(r.ContentLength, 10)}) {
			return
		}
		if !dataTold {
			yield(protocol.Param{Name: "FCGI_DATA_LENGTH", Value: strconv.FormatInt(r.DataLength, 10)})
		}
	}
}
