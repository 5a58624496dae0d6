package pcap

import (
	"encoding/binary"
	"net/netip"
)

// A Segment is a TCP segment (RFC 9293 section 3.1).
type Segment struct {
	Src, Dst netip.AddrPort // both of IPv4 or both of IPv6
	Seq, Ack uint32
	Flags    Flags
	Payload  []byte // at most MaxPayload

	// Cut is how many bytes of the payload's end the capture lacks.
	Cut int
}

// MaxPayload is what fits into one segment over either version of IP.
const MaxPayload = 65535 - ip4Header - tcpHeader

// Flags are those of a segment.
type Flags uint8

// The flags.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
)

const (
	ethernetHeader = 14
	ip4Header      = 20
	ip6Header      = 40
	tcpHeader      = 20
	protocolTCP    = 6
	typeIP4        = 0x0800
	typeIP6        = 0x86dd
	window         = 65535
)

// appendFrame appends an Ethernet frame, whose addresses are zero as on loopback.
func (s *Segment) appendFrame(b []byte) []byte {
	b = append(b, make([]byte, 12)...)
	tcp := tcpHeader + len(s.Payload)
	src, dst := s.Src.Addr(), s.Dst.Addr()
	if src.Is4() {
		b = binary.BigEndian.AppendUint16(b, typeIP4)
		at := len(b)
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ip4Header+tcp))
		b = append(b, 0, 0, 0x40, 0, 64, protocolTCP, 0, 0) // no fragment, 64 hops
		b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
		binary.BigEndian.PutUint16(b[at+10:], ^sum(0, b[at:]))
	} else {
		b = binary.BigEndian.AppendUint16(b, typeIP6)
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(tcp))
		b = append(b, protocolTCP, 64)
		b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	}
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, s.Src.Port())
	b = binary.BigEndian.AppendUint16(b, s.Dst.Port())
	b = binary.BigEndian.AppendUint32(b, s.Seq)
	b = binary.BigEndian.AppendUint32(b, s.Ack)
	b = append(b, tcpHeader/4<<4, byte(s.Flags))
	b = binary.BigEndian.AppendUint16(b, window)
	b = append(b, 0, 0, 0, 0)
	b = append(b, s.Payload...)
	pseudo := sum(sum(uint16(protocolTCP), src.AsSlice()), dst.AsSlice())
	pseudo = sum(pseudo, binary.BigEndian.AppendUint16(nil, uint16(tcp)))
	binary.BigEndian.PutUint16(b[at+16:], ^sum(pseudo, b[at:]))
	return b
}

// sum adds b to a checksum (RFC 1071).
func sum(before uint16, b []byte) uint16 {
	n := uint32(before)
	for ; len(b) > 1; b = b[2:] {
		n += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) > 0 {
		n += uint32(b[0]) << 8
	}
	for n > 0xffff {
		n = n>>16 + n&0xffff
	}
	return uint16(n)
}
