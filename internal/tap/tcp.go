package tap

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/postern-gateway/postern/internal/pcap"
	"github.com/postern-gateway/postern/protocol"
)

// maxAhead is how many bytes of one side are held that come before what is to be before them.
const maxAhead = 1 << 20

// errNotCaptured is why bytes of a capture are not shown.
var errNotCaptured = errors.New("the capture lacks them")

// tcpConns are the TCP connections of a capture.
type tcpConns struct {
	port uint16 // the only one of servers; 0: any
	tell func(Event)
	open map[[2]netip.AddrPort]*tcpConn // by both addresses, the lesser first
	last int                            // connection
}

// A tcpConn is a connection of a capture.
type tcpConn struct {
	conn  *Conn
	front netip.AddrPort
	sides [2]tcpSide
	now   time.Time
}

// A tcpSide is what one side of it has sent.
type tcpSide struct {
	known bool   // next is
	next  uint32 // the sequence number of the byte that is to come
	ahead []pcap.Segment
	held  int // bytes of these
	ended bool
}

func newTCPConns(port uint16, tell func(Event)) *tcpConns {
	return &tcpConns{port: port, tell: tell, open: make(map[[2]netip.AddrPort]*tcpConn)}
}

// add takes the next segment.
func (f *tcpConns) add(t time.Time, s *pcap.Segment) {
	key := [2]netip.AddrPort{s.Src, s.Dst}
	if s.Dst.Compare(s.Src) < 0 {
		key = [2]netip.AddrPort{s.Dst, s.Src}
	}
	c := f.open[key]
	opens := s.Flags&(pcap.SYN|pcap.ACK) == pcap.SYN
	if c != nil && opens && c.sides[c.sideOf(s)].known && s.Seq+1 != c.sides[c.sideOf(s)].next {
		f.close(key, c) // the addresses are used again
		c = nil
	}
	if c == nil {
		if len(s.Payload) == 0 && s.Flags&pcap.SYN == 0 {
			return // the rest of a connection of which nothing is known
		}
		if c = f.begin(t, s, opens); c == nil {
			return
		}
		f.open[key] = c
	}
	c.now = t
	side := c.sideOf(s)
	switch {
	case s.Flags&pcap.SYN != 0:
		c.sides[side].known, c.sides[side].next = true, s.Seq+1
	case s.Flags&pcap.RST != 0:
		f.tell(Event{Conn: c.conn, Time: t, Kind: Reset, Side: side})
		f.close(key, c)
		return
	default:
		f.take(c, side, s)
	}
	if c.sides[0].ended && c.sides[1].ended {
		f.close(key, c)
	}
}

// begin begins a connection with its first segment that is there.
func (f *tcpConns) begin(t time.Time, s *pcap.Segment, opens bool) *tcpConn {
	front, server := s.Src, s.Dst
	// without a beginning the server's port is the one that was asked for, or the lesser
	fromServer := s.Src.Port() < s.Dst.Port()
	if f.port != 0 && s.Src.Port() != s.Dst.Port() {
		fromServer = s.Src.Port() == f.port
	}
	if answers := s.Flags&pcap.SYN != 0 && !opens; answers || !opens && fromServer {
		front, server = s.Dst, s.Src
	}
	if f.port != 0 && server.Port() != f.port {
		return nil
	}
	f.last++
	c := &tcpConn{front: front, now: t, conn: &Conn{ID: f.last, Front: front.String(), Server: server.String(),
		FrontAddr: front, ServerAddr: server, Opened: t}}
	f.tell(Event{Conn: c.conn, Time: t, Kind: Opened})
	return c
}

func (c *tcpConn) sideOf(s *pcap.Segment) protocol.Side {
	if s.Src == c.front {
		return protocol.RequestSide
	}
	return protocol.ResponseSide
}

// take takes a segment with data, or the end of a side, in its turn.
func (f *tcpConns) take(c *tcpConn, side protocol.Side, s *pcap.Segment) {
	x := &c.sides[side]
	if !x.known {
		x.known, x.next = true, s.Seq
	}
	if ahead := int32(s.Seq - x.next); ahead > 0 {
		kept := *s
		kept.Payload = bytes.Clone(s.Payload)
		x.ahead = append(x.ahead, kept)
		x.held += len(s.Payload)
		if x.held > maxAhead {
			f.skip(c, side)
		}
		return
	}
	f.deliver(c, side, s)
	for {
		i := slices.IndexFunc(x.ahead, func(s pcap.Segment) bool { return int32(s.Seq-x.next) <= 0 })
		if i < 0 {
			return
		}
		s := x.ahead[i]
		x.ahead = slices.Delete(x.ahead, i, i+1)
		x.held -= len(s.Payload)
		f.deliver(c, side, &s)
	}
}

// deliver tells of what is new in a segment that begins where the side is, or before.
func (f *tcpConns) deliver(c *tcpConn, side protocol.Side, s *pcap.Segment) {
	x := &c.sides[side]
	old := x.next - s.Seq
	if size := uint32(len(s.Payload) + s.Cut); old < size {
		if b := s.Payload[min(int(old), len(s.Payload)):]; len(b) > 0 {
			f.tell(Event{Conn: c.conn, Time: c.now, Kind: Data, Side: side, Data: b})
		}
		if s.Cut > 0 {
			lost := int64(size-old) - int64(max(len(s.Payload)-int(old), 0))
			f.tell(Event{Conn: c.conn, Time: c.now, Kind: Lost, Side: side, Lost: lost, Err: errNotCaptured})
		}
		x.next = s.Seq + size
	}
	if s.Flags&pcap.FIN != 0 && !x.ended {
		x.ended = true
		x.next++
		f.tell(Event{Conn: c.conn, Time: c.now, Kind: Ended, Side: side})
	}
}

// skip goes on behind bytes that the capture lacks.
func (f *tcpConns) skip(c *tcpConn, side protocol.Side) {
	x := &c.sides[side]
	first := slices.MinFunc(x.ahead, func(a, b pcap.Segment) int { return int(int32(a.Seq - b.Seq)) })
	f.tell(Event{Conn: c.conn, Time: c.now, Kind: Lost, Side: side, Lost: int64(first.Seq - x.next), Err: errNotCaptured})
	x.next = first.Seq
	x.ahead = slices.DeleteFunc(x.ahead, func(s pcap.Segment) bool { return s.Seq == first.Seq })
	x.held = 0
	for i := range x.ahead {
		x.held += len(x.ahead[i].Payload)
	}
	f.take(c, side, &first)
}

// close tells of what has come ahead of what is missing, and of the end.
func (f *tcpConns) close(key [2]netip.AddrPort, c *tcpConn) {
	for side := range c.sides {
		for len(c.sides[side].ahead) > 0 {
			f.skip(c, protocol.Side(side))
		}
	}
	f.tell(Event{Conn: c.conn, Time: c.now, Kind: Closed})
	delete(f.open, key)
}

// end ends the connections that have not.
func (f *tcpConns) end() {
	open := make([]*tcpConn, 0, len(f.open))
	keys := make(map[*tcpConn][2]netip.AddrPort)
	for key, c := range f.open {
		open = append(open, c)
		keys[c] = key
	}
	slices.SortFunc(open, func(a, b *tcpConn) int { return a.conn.ID - b.conn.ID })
	for _, c := range open {
		f.close(keys[c], c)
	}
}
