package pcap

import (
	"encoding/binary"
	"net/netip"
)

// The kinds of link that a packet may begin with (tcpdump.org/linktypes.html).
const (
	linkNull     = 0   // BSD's loopback
	linkEthernet = 1   //
	linkRaw      = 101 // IP itself
	linkLoop     = 108 // OpenBSD's loopback
	linkSLL      = 113 // Linux, any interface
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276 // the same, version 2
)

// links say how long the header of a kind of link is.
var links = map[uint32]int{linkNull: 4, linkEthernet: ethernetHeader, linkRaw: 0, linkLoop: 4, linkSLL: 16, linkIPv4: 0, linkIPv6: 0, linkSLL2: 20}

// parse reads the TCP segment of a packet. ok is false of a packet that has none, and of a fragment
// of one. Checksums are not looked at: a capture on the sender's side has them before the network
// card has filled them in.
func parse(link uint32, b []byte) (s Segment, ok bool) {
	n, known := links[link]
	if !known || len(b) < n {
		return s, false
	}
	if link == linkEthernet {
		for len(b) >= n+4 && (binary.BigEndian.Uint16(b[n-2:]) == 0x8100 || binary.BigEndian.Uint16(b[n-2:]) == 0x88a8) {
			n += 4 // a VLAN's tag
		}
	}
	b = b[n:]
	switch {
	case len(b) >= ip4Header && b[0]>>4 == 4:
		return parseIP4(b)
	case len(b) >= ip6Header && b[0]>>4 == 6:
		return parseIP6(b)
	}
	return s, false
}

func parseIP4(b []byte) (s Segment, ok bool) {
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // the network card is to cut it
		total = len(b)
	}
	fragment := binary.BigEndian.Uint16(b[6:]) & 0x3fff // but for "do not fragment"
	if header < ip4Header || total < header || len(b) < header || b[9] != protocolTCP || fragment != 0 {
		return s, false
	}
	src, _ := netip.AddrFromSlice(b[12:16])
	dst, _ := netip.AddrFromSlice(b[16:20])
	return parseTCP(src, dst, b[header:], total-header)
}

func parseIP6(b []byte) (s Segment, ok bool) {
	total, next := int(binary.BigEndian.Uint16(b[4:])), b[6]
	src, _ := netip.AddrFromSlice(b[8:24])
	dst, _ := netip.AddrFromSlice(b[24:40])
	b = b[ip6Header:]
	for next == 0 || next == 43 || next == 60 { // options and routing
		if len(b) < 8 {
			return s, false
		}
		n := int(b[1])*8 + 8
		if next = b[0]; len(b) < n || total < n {
			return s, false
		}
		b, total = b[n:], total-n
	}
	if next != protocolTCP {
		return s, false
	}
	return parseTCP(src, dst, b, total)
}

// parseTCP reads a segment of size bytes, of which b has those that were captured, and perhaps the
// link's padding.
func parseTCP(src, dst netip.Addr, b []byte, size int) (s Segment, ok bool) {
	if len(b) < tcpHeader {
		return s, false
	}
	header := int(b[12]>>4) * 4
	if header < tcpHeader || size < header {
		return s, false
	}
	s.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	s.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	s.Seq, s.Ack, s.Flags = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), Flags(b[13])
	s.Payload = b[min(header, len(b)):min(size, len(b))] // the options may be cut, too
	s.Cut = size - header - len(s.Payload)
	return s, true
}
