package protocoltest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// bodyEnd marks the last bytes of a body on the wire.
const bodyEnd = "<end of body>"

var wireCases = []testCase{
	{
		name:    "byte-at-a-time-client",
		want:    "A client that sends and reads one byte at a time is served as any other.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			x.wrapDials(func(c net.Conn) net.Conn { return slow{c} })
			x.bytewise()
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "byte-at-a-time-server",
		want:    "A server that reads and sends one byte at a time is understood as any other.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			x.wrapAccepts(func(c net.Conn) net.Conn { return slow{c} })
			x.bytewise()
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name: "request-cut-everywhere",
		want: "A request that is cut after any number of its bytes is never served as a whole one.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return err
			}
			callTo(r.Params.Get("HTTP_X_LINE")).say("whole after " + r.Params.Get("HTTP_X_AFTER"))
			return nil
		}),
		wires: true, why: noWires,
		check: cutRequests,
		else_: func(x *trial) { x.status(x.get(), 200); x.answer() },
	},
	{
		name: "response-cut-everywhere",
		want: "A response with a Content-Length that is cut after any number of its bytes is never taken for a whole one.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("X-Field", "value")
			io.WriteString(w, strings.Repeat("body ", 10)+bodyEnd)
		}),
		wires: true, why: noWires,
		check: cutResponses,
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "request-in-two-pieces",
		want:    "A request that comes in two pieces, parted at any byte, is the same request.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			r := func() *protocol.Request { return x.post("a body "+bodyEnd, "HTTP_X_ID", "7") }
			for _, n := range x.offsets(x.sent(r())) {
				x.wrapDials(func(c net.Conn) net.Conn { return &parted{Conn: c, after: n} })
				x.whole(x.do(r()), 200, "7:a body "+bodyEnd)
			}
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
}

// bytewise exchanges a few kilobytes both ways.
func (x *trial) bytewise() {
	x.Helper()
	body := strings.Repeat("byte by byte ", 150)
	for i := range 2 {
		x.whole(x.do(x.post(body, "HTTP_X_ID", itoa(i))), 200, itoa(i)+":"+body)
	}
	x.status(x.do(x.send(onlyReader{strings.NewReader(body)}, -1)), 200)
}

// sent returns how many bytes a request is on the wire, up to the end of its body.
func (x *trial) sent(r *protocol.Request) int {
	x.Helper()
	var first *recorded
	x.wrapDials(func(c net.Conn) net.Conn {
		first = &recorded{Conn: c}
		return first
	})
	x.status(x.do(r), 200)
	return bytes.LastIndex(first.bytes(), []byte(bodyEnd)) + len(bodyEnd)
}

func cutRequests(x *trial) {
	x.wrapAccepts(unchanged)
	r := func(n int) *protocol.Request {
		return x.post("a body of some bytes "+bodyEnd, "HTTP_X_AFTER", fmt.Sprintf("%05d", n))
	}
	size := x.sent(r(99999))
	x.answer()
	x.forgetConns()
	for _, n := range x.offsets(size) {
		x.wrapDials(func(c net.Conn) net.Conn { return &cut{Conn: c, left: n} })
		if got := x.end(r(n)); got.err == nil && got.status < 400 {
			x.Errorf("cut after %d of %d bytes the client got %d, whole", n, size, got.status)
		}
	}
	x.closeAccepted()
	x.settle(-1)
	callTo(x.lines.Addr().String()).say("no handler")
	x.hears(x.answer(), "no handler")
	x.Logf("%d prefixes of a request", size)
}

// forgetConns makes the client dial anew.
func (x *trial) forgetConns() {
	x.closeAccepted()
	x.settle(-1)
}

func cutResponses(x *trial) {
	var first *recorded
	x.wrapAccepts(func(c net.Conn) net.Conn {
		first = &recorded{Conn: c}
		return first
	})
	x.status(x.get(), 200)
	size := bytes.LastIndex(first.bytes(), []byte(bodyEnd)) + len(bodyEnd)
	x.forgetConns()
	for _, n := range x.offsets(size) {
		x.wrapAccepts(func(c net.Conn) net.Conn { return &cut{Conn: c, left: n} })
		if got := x.end(x.request("GET", "/")); got.err == nil {
			x.Errorf("cut after %d of %d bytes the client got %d %q, whole", n, size, got.status, got.body)
		}
	}
	x.Logf("%d prefixes of a response", size)
}

// A parted connection writes its first bytes in two pieces.
type parted struct {
	net.Conn
	after int
}

func (c *parted) Write(p []byte) (int, error) {
	n := min(c.after, len(p))
	c.after -= n
	if m, err := c.Conn.Write(p[:n]); err != nil || n == len(p) {
		return m, err
	}
	m, err := c.Conn.Write(p[n:])
	return n + m, err
}
