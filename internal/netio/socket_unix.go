//go:build unix

package netio

import (
	"net"
	"syscall"

	"github.com/postern-gateway/postern/internal/rawio"
)

// Pending reports whether a socket has unread input. The end of the input is none. raw may be nil.
// Pending never blocks.
func Pending(raw syscall.RawConn) (pending bool) {
	if raw == nil {
		return false
	}
	_, pending = probe(raw)
	return pending
}

// probe reports whether a socket is open and has no input, or else whether it has some. It never
// blocks.
func probe(raw syscall.RawConn) (open, pending bool) {
	p := idleProbe{raw: raw}
	raw.Control(p.peek)
	return p.open, p.pending
}

// An idleProbe probes one socket again and again.
type idleProbe struct {
	raw           syscall.RawConn
	control       func(fd uintptr) // peek, allocated once
	open, pending bool
}

// newIdleProbe returns nil if c has no descriptor, or is a wrapper, as TLS is: what comes on the
// socket then need not be input.
func newIdleProbe(c net.Conn) *idleProbe {
	if _, wrapped := Transport(c); wrapped {
		return nil
	}
	raw := Descriptor(c)
	if raw == nil {
		return nil
	}
	p := &idleProbe{raw: raw}
	p.control = p.peek
	return p
}

// probe is the function probe for the socket.
func (p *idleProbe) probe() (open, pending bool) {
	p.open, p.pending = false, false
	p.raw.Control(p.control)
	return p.open, p.pending
}

func (p *idleProbe) peek(fd uintptr) {
	var first [1]byte
	n, err := rawio.Peek(int(fd), first[:])
	p.open, p.pending = err == syscall.EAGAIN, n > 0
}
