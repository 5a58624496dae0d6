package fastcgi

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A tracedBody counts the bytes of a body.
type tracedBody struct {
	got    int64
	length int64 // as declared; -1: it is not
	unsure bool  // it may answer HEAD
}

// expect notes the length that a request's variables declare.
func (t *tracedBody) expect(p protocol.Params) {
	if n, ok, err := p.ContentLength(); ok && err == nil {
		t.length = n
	}
}

// add adds n bytes. At the end of a body that is too short it returns what is to be told of that,
// once.
func (t *tracedBody) add(n int, end bool) string {
	t.got += int64(n)
	if !end || !t.isShort() {
		return ""
	}
	text := ", " + netio.BytesOf(t.got, t.length) + " of the body"
	t.length = -1
	return text
}

// isShort reports whether the body would be too short if it ended here. No body at all may be that
// of a response to HEAD, where nobody knows the method.
func (t *tracedBody) isShort() bool { return t.got < t.length && (t.got > 0 || !t.unsure) }

// stdout takes a piece of a response: its head tells the length of the body.
func (d *recordDecoder) stdout(id uint16, content []byte) {
	r := d.request(id)
	if r.lost {
		r.body.add(len(content), false)
		return
	}
	d.held += len(content)
	r.head = append(r.head, content...)
	length, head := netio.TracedLength(r.head)
	isHead, known := d.isHead[id]
	switch {
	case head > 0 && !isHead:
		r.body = tracedBody{got: int64(len(r.head) - head), length: length, unsure: !known}
	case head == 0 && len(r.head) <= maxTracedHead && d.held <= maxTracedParamsConn:
		return
	}
	d.held -= len(r.head)
	r.head, r.lost = nil, true
}

// endEarly makes m the error of a side that ends here, where bodies are too short.
func (d *recordDecoder) endEarly(m *protocol.Message) {
	var short []string
	for _, id := range slices.Sorted(maps.Keys(d.requests)) {
		if t := &d.requests[id].body; t.isShort() {
			m.Request = int(id)
			short = append(short, netio.BytesOf(t.got, t.length)+" of request "+strconv.Itoa(int(id))+" came")
		}
	}
	switch {
	case len(short) == 0:
		return
	case len(short) > 1:
		m.Request = 0
	}
	m.Fail(nil, &protocol.Error{Protocol: Name, Op: "read body", Kind: protocol.ErrAborted,
		Detail: strings.Join(short, ", "), Err: io.ErrUnexpectedEOF})
}
