package fastcgi

import (
	"math"
	"net/http"

	"github.com/postern-gateway/postern/protocol"
)

// A tracedRequest is what a recordDecoder knows of a request of its side.
type tracedRequest struct {
	splitter pairSplitter // of the PARAMS stream
	params   []byte       // of the same, up to the last record
	lost     bool         // params, or head, is not all that came
	filter   bool         // its last stream is DATA
	head     []byte       // of the response, until it is whole
	body     tracedBody
}

// The most that is held of the variables of one request, and of all requests of a connection. Those
// of a request beyond it are told by spans alone.
const (
	maxTracedParams     = 1 << 20
	maxTracedParamsConn = 8 << 20
	maxTracedHead       = 64 << 10 // of a response
)

// request returns the request of an id, which may be one that has not begun.
func (d *recordDecoder) request(id uint16) *tracedRequest {
	r := d.requests[id]
	if r == nil {
		r = &tracedRequest{body: tracedBody{length: -1}}
		d.requests[id] = r
	}
	return r
}

func (d *recordDecoder) forget(id uint16) {
	if r := d.requests[id]; r != nil {
		d.held -= len(r.params) + len(r.head)
		delete(d.requests, id)
	}
}

// place says of which request the record is, and which part of it. It returns what is to be told of
// a body that ends with it and is too short.
func (d *recordDecoder) place(m *protocol.Message, h header, content []byte) (short string) {
	if m.Request = int(h.id); m.Request == 0 {
		return ""
	}
	if d.side == protocol.ResponseSide {
		return d.placeResponse(m, h, content)
	}
	switch h.typ {
	case typeBegin:
		m.Begins = true
		d.forget(h.id)
		x, _ := consumeBegin(content)
		d.request(h.id).filter = x.role == wireFilter
	case typeParams:
		d.hold(m, h.id, content)
	case typeStdin, typeData:
		r := d.requests[h.id]
		m.Ends = len(content) == 0 && (h.typ == typeData) == (r != nil && r.filter)
		if r != nil && h.typ == typeStdin {
			short = r.body.add(len(content), len(content) == 0)
		}
	case typeAbort:
		m.Ends = true
		if r := d.requests[h.id]; r != nil {
			short = r.body.add(0, true)
		}
	}
	if m.Ends {
		d.forget(h.id)
	}
	return short
}

// placeResponse is place for what a server sends.
func (d *recordDecoder) placeResponse(m *protocol.Message, h header, content []byte) (short string) {
	switch h.typ {
	case typeParams: // a server sends none
		if len(content) == 0 {
			d.forget(h.id)
		}
	case typeStdout:
		d.stdout(h.id, content)
	case typeEnd:
		m.Ends = true
		if r := d.requests[h.id]; r != nil {
			short = r.body.add(0, true)
		}
		d.forget(h.id)
	}
	return short
}

// hold adds to the variables of a request. It gives them to the message that ends them.
func (d *recordDecoder) hold(m *protocol.Message, id uint16, content []byte) {
	r := d.request(id)
	n := len(content)
	switch {
	case n == 0:
		if p, err := consumeParams(r.params, math.MaxInt); err == nil && !r.lost {
			m.Params = append(protocol.Params{}, p...) // not nil
			d.isHead[id] = p.Get("REQUEST_METHOD") == http.MethodHead
			r.body.expect(m.Params)
		}
		d.held -= len(r.params)
		r.params, r.splitter = nil, pairSplitter{}
	case r.lost, len(r.params)+n > maxTracedParams, d.held+n > maxTracedParamsConn:
		r.lost = true
	default:
		r.params = append(r.params, content...)
		d.held += n
	}
}
