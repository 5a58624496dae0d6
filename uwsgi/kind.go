package uwsgi

import (
	"io"
	"net"
	"net/http"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A Kind serves the packets of one modifier1 that are not requests: see [Protocol.Kinds]. It is
// safe for concurrent use.
type Kind interface {
	// Open returns what serves a packet, whose header has come and whose block has not. With an
	// error, a *protocol.Error, the packet is refused: the Service, unless it is nil, frames that
	// answer. Open must not block.
	Open(h Header, peer net.Addr) (Service, error)
}

// A Service serves one packet. Its methods are called by one goroutine at a time.
//
// What it does is served as a request is: [protocol.Loop] contains a panic, makes of an error an
// answer and a line of the log, tells Observe, and ends the request's context when the peer has
// gone. Limits bound the block's size and the time for it, and the writing of the answer.
//
// A Service may have two further methods. Where "Delimits() bool" reports that the peer can tell
// whether an answer is whole, one that is cut is a plain end of the connection, also on a Unix
// socket, and a long block costs fewer system calls. "KeepsBlock() bool" is asked when Serve has
// returned: true leaves the block to the Service for good.
type Service interface {
	// HTTP reports whether the packet is variables, a body of CONTENT_LENGTH bytes, and an answer
	// of HTTP's form, as a request is. Then the variables are r's and the block is nil.
	HTTP() bool

	// Serve answers the packet. It is called as a [protocol.Handler] is, in place of the Loop's.
	// r has the Peer and both modifiers; it may set r.Params, which say in the log and to Observe
	// what the packet was. The block is good until Serve has returned.
	Serve(w protocol.ResponseWriter, r *protocol.Request, block []byte) error

	// AppendHead appends what begins an answer that is not HTTP's. h has the Content-Length if
	// Serve has declared one, or has returned before the answer began. status is 200 unless Serve
	// or Open has failed, or Serve has set another. Where AppendHead returns false no body is sent:
	// if it appends nothing, either, the connection ends without an answer.
	AppendHead(dst []byte, status int, h http.Header) (head []byte, body bool)
}

// What a Service may be besides.
type (
	delimiter   interface{ Delimits() bool }
	blockKeeper interface{ KeepsBlock() bool }
)

// open finds what serves a packet that is no request, and how its block is read.
func open(c *netio.OneRequest, r *protocol.Request, h Header) (read func(*netio.OneRequest, *protocol.Request, []byte) error, err error) {
	rows, _ := c.Own.(map[Modifier]Kind)
	k := rows[h.Modifier1]
	if k == nil {
		return nil, fail("read head", protocol.ErrUnsupported, "modifier1 "+h.Modifier1.String())
	}
	s, err := k.Open(h, r.Peer)
	if s == nil {
		return nil, err
	}
	c.Respond = &packetEncoder{Encoder: &c.Encoder, service: s, http: s.HTTP()}
	return readPacket, err
}

// expectBlock prepares c for the block of a packet that is not there whole.
func expectBlock(c *netio.OneRequest) {
	if e, ok := c.Respond.(*packetEncoder); ok {
		if d, ok := e.service.(delimiter); ok && d.Delimits() {
			c.StopKeeping()
		}
	}
}

// readPacket takes in the block of a packet for its Service.
func readPacket(c *netio.OneRequest, r *protocol.Request, block []byte) error {
	e := c.Respond.(*packetEncoder)
	if e.http {
		return readRequest(c, r, block)
	}
	e.block = block
	return nil
}

// A packetEncoder frames the answer of a Service.
type packetEncoder struct {
	*netio.Encoder
	service  Service
	block    []byte
	http     bool // the answer is HTTP's
	bodyless bool // no body is sent
}

// Serve has the service answer the packet: see [protocol.Encoder].
func (e *packetEncoder) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	err := e.service.Serve(w, r, e.block)
	if k, ok := e.service.(blockKeeper); ok && k.KeepsBlock() {
		e.Conn.Abandon()
	}
	return err
}

func (e *packetEncoder) WriteHeader(status int, h http.Header) error {
	if e.http {
		return e.Encoder.WriteHeader(status, h)
	}
	out, body := e.service.AppendHead(e.Conn.Out(), status, h)
	e.bodyless = !body
	e.Conn.SetOut(out)
	return nil
}

func (e *packetEncoder) Write(p []byte) (int, error) {
	if e.bodyless {
		return len(p), nil
	}
	return e.Encoder.Write(p)
}

// ReadFrom is Write for what r holds.
func (e *packetEncoder) ReadFrom(r io.Reader) (int64, error) {
	if e.bodyless {
		return io.Copy(io.Discard, r)
	}
	return e.Encoder.ReadFrom(r)
}
