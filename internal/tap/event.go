package tap

import (
	"net/netip"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A Conn is a connection of a front, with the one to the backend that it is passed on to.
type Conn struct {
	ID     int    // a count from 1
	Front  string // the front's address; of a Unix socket it has none
	Server string // where the front has connected to

	// the same as numbers; not valid: no TCP
	FrontAddr, ServerAddr netip.AddrPort

	Opened time.Time
}

// An Event is something that happened on a connection.
type Event struct {
	Conn *Conn
	Time time.Time
	Kind Kind
	Side protocol.Side // whose doing it was
	Data []byte        // of Data; valid during the call only
	Lost int64         // of Lost: how many bytes
	Err  error         // of Reset, Refused and Closed: why; may be nil
}

// A Kind is what happened.
type Kind int

const (
	Opened    Kind = iota // a front has connected
	Data                  // bytes have come; of a [Message]: they are one
	Ended                 // a side will send no more
	Reset                 // a side has reset the connection
	Refused               // a side takes no more bytes
	Lost                  // bytes were passed on that nobody has noted: see [Tap.Buffer]
	Undecoded             // bytes of which nobody knows what they are; of a [Message] only
	Closed                // the connection is over
)

var kindNames = [...]string{"open", "message", "end", "reset", "refused", "lost", "undecoded", "close"}

// String is the kind's name, as JSON has it.
func (k Kind) String() string { return kindNames[k] }
