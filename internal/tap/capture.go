package tap

import (
	"io"
	"net/netip"
	"time"

	"github.com/postern-gateway/postern/internal/pcap"
	"github.com/postern-gateway/postern/protocol"
)

// A Capture writes what passes to a file for Wireshark: each connection of a front as one over TCP,
// with the front's address and the one that it has connected to. Those of Unix sockets get
// addresses on loopback, and ServerPort.
type Capture struct {
	ServerPort uint16

	w     *pcap.Writer
	conns map[*Conn]*capturedConn
	err   error
}

// NewCapture writes the beginning of the file. Each packet is written to w by one Write.
func NewCapture(w io.Writer) (*Capture, error) {
	p, err := pcap.NewWriter(w)
	return &Capture{w: p, conns: make(map[*Conn]*capturedConn)}, err
}

// A capturedConn is a connection as the file has it.
type capturedConn struct {
	addr  [2]netip.AddrPort // of the front and of the server
	next  [2]uint32         // the sequence number of each side's next byte
	ended [2]bool
	over  bool // by a reset
}

// Err is why nothing more is written.
func (c *Capture) Err() error { return c.err }

// Add writes an event.
func (c *Capture) Add(e Event) {
	conn := c.conns[e.Conn]
	if conn == nil {
		conn = &capturedConn{addr: c.addresses(e.Conn)}
		c.conns[e.Conn] = conn
	}
	switch e.Kind {
	case Opened:
		c.write(conn, e, protocol.RequestSide, pcap.SYN, nil)
		c.write(conn, e, protocol.ResponseSide, pcap.SYN|pcap.ACK, nil)
		c.write(conn, e, protocol.RequestSide, pcap.ACK, nil)
	case Data:
		for b := e.Data; len(b) > 0; b = b[min(len(b), pcap.MaxPayload):] {
			c.write(conn, e, e.Side, pcap.PSH|pcap.ACK, b[:min(len(b), pcap.MaxPayload)])
			c.write(conn, e, protocol.ResponseSide-e.Side, pcap.ACK, nil)
		}
	case Lost:
		conn.next[e.Side] += uint32(e.Lost)
	case Ended:
		conn.ended[e.Side] = true
		c.write(conn, e, e.Side, pcap.FIN|pcap.ACK, nil)
		c.write(conn, e, protocol.ResponseSide-e.Side, pcap.ACK, nil)
	case Reset:
		conn.over = true
		c.write(conn, e, e.Side, pcap.RST|pcap.ACK, nil)
	case Closed:
		if !conn.over && conn.ended != [2]bool{true, true} {
			c.write(conn, e, protocol.ResponseSide, pcap.RST|pcap.ACK, nil)
		}
		delete(c.conns, e.Conn)
	}
}

// write writes a segment of a side.
func (c *Capture) write(conn *capturedConn, e Event, side protocol.Side, flags pcap.Flags, payload []byte) {
	if c.err != nil {
		return
	}
	other := protocol.ResponseSide - side
	s := pcap.Segment{Src: conn.addr[side], Dst: conn.addr[other], Seq: conn.next[side], Flags: flags, Payload: payload}
	if flags&pcap.ACK != 0 {
		s.Ack = conn.next[other]
	}
	conn.next[side] += uint32(len(payload))
	if flags&(pcap.SYN|pcap.FIN) != 0 {
		conn.next[side]++
	}
	at := e.Time
	if at.IsZero() { // a recording of bytes has none
		at = time.Unix(0, 0)
	}
	c.err = c.w.Write(at, &s)
}

// addresses are those of a connection.
func (c *Capture) addresses(of *Conn) [2]netip.AddrPort {
	front, server := of.FrontAddr, of.ServerAddr
	if !front.IsValid() || !server.IsValid() {
		const ports, first = 28_000, 32_768 // as a system chooses them
		loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		return [2]netip.AddrPort{netip.AddrPortFrom(loopback, uint16(first+of.ID%ports)), netip.AddrPortFrom(loopback, c.ServerPort)}
	}
	unmap := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
	return [2]netip.AddrPort{unmap(front), unmap(server)}
}
