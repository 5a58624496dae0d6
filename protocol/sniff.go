package protocol

// A Sniffer is a Protocol that tells from the first bytes of a connection whether it speaks the
// protocol. So several protocols can share one listener, as gateway.Server.ServeAny has it.
type Sniffer interface {
	Protocol

	// Sniff looks at the first bytes that the client of a connection sent. There are at least two,
	// and no more need come before it is asked: a peer may wait after two. It does not change or
	// keep them.
	Sniff(first []byte) Match
}

// A Match says how well the first bytes of a connection fit a protocol.
type Match int

const (
	NoMatch     Match = iota // no connection of the protocol begins so
	WeakMatch                // one may begin so, but so may one of another protocol
	StrongMatch              // only connections of the protocol begin so
)
