package tap

import (
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A Message is a message that went over a connection, or what else happened there.
type Message struct {
	protocol.Message // of Data and Undecoded. Its bytes are valid during the call only

	Conn     *Conn
	Time     time.Time // of its last byte
	Kind     Kind
	Side     protocol.Side
	Protocol string // "fastcgi"; empty: not known yet

	Lost   int64  // of Lost: bytes
	Reason error  // of Reset, Refused and Closed; may be nil
	Hint   string // what may be wrong with the front's configuration; mostly empty

	Bytes [2]int64 // of Closed: how many bytes each side has sent
}

// A Decoder makes messages of events. It is not safe for concurrent use.
type Decoder struct {
	// Tracers has the wire's, or several, of which the first bytes of each connection tell the one.
	Tracers []protocol.Tracer
	// Emit is called with each message.
	Emit func(*Message)

	conns map[*Conn]*conversation
}

// maxMessage is how much is held of a message that is not whole. Longer ones are heads of SCGI and
// HTTP that no server takes.
const maxMessage = 1 << 20

// maxUnknown is how much is held of a connection until its protocol is known.
const maxUnknown = 64 << 10

// Add takes the next event.
func (d *Decoder) Add(e Event) {
	c := d.conns[e.Conn]
	if c == nil {
		if d.conns == nil {
			d.conns = make(map[*Conn]*conversation)
		}
		c = &conversation{conn: e.Conn, emit: d.Emit}
		d.conns[e.Conn] = c
		if len(d.Tracers) == 1 {
			c.begin(d.Tracers[0])
		}
	}
	if c.tracer == nil && !c.unknown && e.Kind != Opened && !c.know(d.Tracers, &e) {
		return
	}
	c.add(&e)
	if e.Kind == Closed {
		delete(d.conns, e.Conn)
	}
}
