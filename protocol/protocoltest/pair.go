package protocoltest

import (
	"context"
	"net"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A Dial connects a client to the server of its pair.
type Dial = func(ctx context.Context) (net.Conn, error)

// A Pair is one protocol's server and client, or a chain that looks like one.
type Pair struct {
	// Name is the pair's name; empty means the Protocol's.
	Name string
	// Protocol is the server's side.
	Protocol protocol.Protocol
	// Client returns a client whose connections come from dial. A client with a Close or a
	// CloseIdleConnections method has it called in the end. lim may be nil.
	Client func(dial Dial, lim *protocol.Limits) protocol.RoundTripper

	// Start takes the place of Protocol and Client where the server is no [protocol.Protocol]. It
	// serves site until the test ends, which it learns by tb.Cleanup, and returns the client.
	Start func(tb testing.TB, site *Site) protocol.RoundTripper
	// Processes says that there are no connections: each request is a process. Site then has no
	// Listener, and Start must be set.
	Processes bool
	// Scripts says that a handler is a process of its own, also where there are connections: it is
	// told of its request's end by a signal, and has a log of its own. Processes says so, too.
	Scripts bool

	// Ran, if not nil, is told of each case that has run, one after another.
	Ran func(Outcome)

	// Secure says that Start has both sides speak TLS.
	Secure bool

	// Chain says that requests go through a gateway: what a client alone would refuse, or see cut,
	// is answered with a status.
	Chain bool
	// Networks are what the cases run over; nil means "tcp" and "unix".
	Networks []string

	Has Feature
	// bytes of the largest value that a request of a few other variables carries; 0 means no such
	// bound
	MaxValue int
	// bytes of all names and values, where the wire bounds them; 0 means that only Limits do
	MaxBlock int
}

// An Outcome is how a case went on a pair.
type Outcome struct {
	Case   string
	Passed bool
	// Differs says that the pair lacks what the case needs: what was checked is what is expected of
	// such a pair.
	Differs bool
}

// A Site is what a case wants served.
type Site struct {
	Case     string           // the case's name, by which a child process finds its handler
	Loop     protocol.Loop    // with the case's handler, limits and log
	Listener net.Listener     // nil for a pair of Processes
	Dial     Dial             // connects to Listener; nil for a pair of Processes
	Limits   *protocol.Limits // the client's
}

// A Feature is something that protocols differ in.
type Feature uint32

// The features.
const (
	// Keep: a connection carries many requests, one after another.
	Keep Feature = 1 << iota
	// Duplex: a response may begin, and be seen, while the request's body is still being sent.
	Duplex
	// Hijack: 101 hands the connection over.
	Hijack
	// Informational: a 1xx reaches the client's wire. Every client reads past it.
	Informational
	// Variables: variables that are no header field travel as well.
	Variables
	// NUL: a value may hold a NUL byte.
	NUL
	// Bytes: a value may hold any byte but NUL.
	Bytes
	// CutSeen: a response that is cut is known, also without a Content-Length and on a Unix socket.
	// Without it, only a reset on TCP tells.
	CutSeen
	// LosesEarly, a fault: an answer given while a large body is still being sent may be lost on
	// its way.
	LosesEarly
	// NoReason, a fault: a status that has no phrase of its own gets none.
	NoReason
	// Unread: the server notices that the client has gone also while a body waits unread.
	Unread
)

func (p *Pair) has(f Feature) bool { return p.Has&f == f }

// scripts reports whether a handler is a process of its own.
func (p *Pair) scripts() bool { return p.Processes || p.Scripts }

func (p *Pair) name() string {
	if p.Name == "" {
		return p.Protocol.Name()
	}
	return p.Name
}

func (p *Pair) networks() []string {
	if p.Processes {
		return []string{"process"}
	}
	if p.Networks != nil {
		return p.Networks
	}
	return []string{"tcp", "unix"}
}
