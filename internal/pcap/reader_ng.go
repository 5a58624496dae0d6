package pcap

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"time"
)

// The blocks of a pcapng file (draft-ietf-opsawg-pcapng) that are read. All others are passed over.
const (
	blockInterface = 1
	blockSimple    = 3
	blockPacket    = 6
)

// ngOrder is the number by which a section's byte order is told.
const ngOrder = 0x1a2b3c4d

// maxBlock bounds a block that is read whole.
const maxBlock = maxPacket + 64<<10

// An ngInterface is what packets are captured from.
type ngInterface struct {
	link      uint32
	perSecond uint64 // units of a packet's time
}

// nextBlock reads blocks up to the next packet of a pcapng file.
func (p *Reader) nextBlock() (t time.Time, link uint32, b []byte, err error) {
	for {
		kind, b, err := p.block()
		if err != nil {
			return t, 0, nil, err
		}
		switch {
		case kind == blockInterface && len(b) >= 8:
			p.ports = append(p.ports, ngInterface{uint32(p.order.Uint16(b)), p.perSecond(b[8:])})
		case kind == blockPacket && len(b) >= 20:
			i := p.order.Uint32(b)
			size := p.order.Uint32(b[12:])
			if uint64(i) >= uint64(len(p.ports)) || uint64(size) > uint64(len(b)-20) {
				return t, 0, nil, p.damaged("a packet of no interface, or longer than its block")
			}
			from := p.ports[i]
			units := uint64(p.order.Uint32(b[4:]))<<32 | uint64(p.order.Uint32(b[8:]))
			return from.time(units), from.link, b[20 : 20+size], knownLink(from.link)
		case kind == blockSimple && len(b) >= 4 && len(p.ports) > 0: // it has no time
			size := min(uint64(p.order.Uint32(b)), uint64(len(b)-4))
			return t, p.ports[0].link, b[4 : 4+size], knownLink(p.ports[0].link)
		}
	}
}

// block reads a block, and returns its body if it is one that is read.
func (p *Reader) block() (kind uint32, body []byte, err error) {
	const around = 12 // type and length, and the length again
	head, err := p.read(8)
	if err == io.EOF {
		return 0, nil, io.EOF
	}
	if err != nil {
		return 0, nil, p.cut(err)
	}
	if binary.BigEndian.Uint32(head) == magicNG {
		if err := p.section(); err != nil {
			return 0, nil, err
		}
	}
	kind = p.order.Uint32(head)
	size := p.order.Uint32(head[4:])
	switch {
	case size < around || size%4 != 0:
		return 0, nil, p.damaged(fmt.Sprintf("a block of %d bytes", size))
	case kind != blockInterface && kind != blockPacket && kind != blockSimple:
		if _, err := io.CopyN(io.Discard, p.r, int64(size)-8); err != nil {
			return 0, nil, p.cut(err)
		}
	case size > maxBlock:
		return 0, nil, p.damaged(fmt.Sprintf("a packet of %d bytes", size))
	default:
		if body, err = p.read(int(size) - 8); err != nil {
			return 0, nil, p.cut(err)
		}
		body = body[:size-around]
	}
	p.at += int64(size)
	return kind, body, nil
}

// section begins a section, whose interfaces are to come, in the byte order that it says.
func (p *Reader) section() error {
	magic, err := p.r.Peek(4)
	if err != nil {
		return p.cut(err)
	}
	p.ports = nil
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if order.Uint32(magic) == ngOrder {
			p.order = order
			return nil
		}
	}
	return p.damaged("a section of no byte order")
}

// perSecond finds the unit of time among the options of an interface, of which there are so many in
// a second: microseconds unless one says.
func (p *Reader) perSecond(options []byte) uint64 {
	const resolution = 9 // if_tsresol
	for len(options) >= 4 {
		code, n := p.order.Uint16(options), int(p.order.Uint16(options[2:]))
		if options = options[4:]; code == 0 || n > len(options) {
			break
		}
		if code == resolution && n == 1 {
			return power(options[0])
		}
		options = options[min((n+3)&^3, len(options)):]
	}
	return 1e6
}

// power is 10 to the power of x, or 2 to that of its lower bits if the uppermost is set. It is at
// most what 64 bits hold.
func power(x byte) uint64 {
	if x&0x80 != 0 {
		return 1 << min(x&0x7f, 63)
	}
	n := uint64(1)
	for range min(x, 19) {
		n *= 10
	}
	return n
}

// time is that of a packet.
func (i *ngInterface) time(units uint64) time.Time {
	hi, lo := bits.Mul64(units%i.perSecond, 1e9)
	nanoseconds, _ := bits.Div64(hi, lo, i.perSecond)
	return time.Unix(int64(units/i.perSecond), int64(nanoseconds))
}
