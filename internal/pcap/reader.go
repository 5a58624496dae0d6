package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Reader reads a file.
type Reader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	unit  time.Duration // of a packet's time
	link  uint32
	count int   // packets
	at    int64 // bytes
	buf   []byte
}

// IsPcap reports whether a file that begins with first is a capture. It needs four bytes.
func IsPcap(first []byte) bool {
	if len(first) < 4 {
		return false
	}
	_, unit := orderOf(first)
	return unit != 0 || binary.BigEndian.Uint32(first) == magicNG
}

// orderOf returns the byte order and the unit of time by the magic number. 0: it is none.
func orderOf(first []byte) (binary.ByteOrder, time.Duration) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(first) {
		case magicMicro:
			return order, time.Microsecond
		case magicNano:
			return order, time.Nanosecond
		}
	}
	return nil, 0
}

// NewReader reads the file's header.
func NewReader(r io.Reader) (*Reader, error) {
	p := &Reader{r: bufio.NewReaderSize(r, 64<<10)}
	head := make([]byte, fileHeader)
	if _, err := io.ReadFull(p.r, head[:4]); err != nil {
		return nil, p.cut(err)
	}
	if binary.BigEndian.Uint32(head) == magicNG {
		return nil, errors.New("this is a pcapng file: make a pcap of it by tcpdump -r FILE -w NEW, or save it as one in Wireshark")
	}
	if p.order, p.unit = orderOf(head); p.unit == 0 {
		return nil, errors.New("this is no pcap file")
	}
	if _, err := io.ReadFull(p.r, head[4:]); err != nil {
		return nil, p.cut(err)
	}
	p.at = fileHeader
	p.link = p.order.Uint32(head[20:]) & 0x0fffffff // above it is what a frame's end has
	if _, known := links[p.link]; !known {
		return nil, fmt.Errorf("its packets are of link type %d: Ethernet, loopback, raw IP and Linux's any are known", p.link)
	}
	return p, nil
}

// Next returns the next TCP segment and its time. Its payload is valid until the call after it. It
// returns io.EOF at the end, and an io.ErrUnexpectedEOF in the middle of a packet.
func (p *Reader) Next() (t time.Time, s Segment, err error) {
	for {
		var head [packetHeader]byte
		if _, err := io.ReadFull(p.r, head[:]); err == io.EOF {
			return t, s, io.EOF
		} else if err != nil {
			return t, s, p.cut(err)
		}
		size := p.order.Uint32(head[8:])
		if size > maxPacket {
			return t, s, fmt.Errorf("packet %d, at byte %d, has %d bytes: the file is damaged", p.count+1, p.at, size)
		}
		if cap(p.buf) < int(size) {
			p.buf = make([]byte, size)
		}
		b := p.buf[:size]
		if _, err := io.ReadFull(p.r, b); err != nil {
			return t, s, p.cut(err)
		}
		p.count++
		p.at += packetHeader + int64(size)
		if s, ok := parse(p.link, b); ok {
			return time.Unix(int64(p.order.Uint32(head[:])), int64(p.order.Uint32(head[4:]))*int64(p.unit)), s, nil
		}
	}
}

// cut is the error of a file that ends where it should not.
func (p *Reader) cut(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("the file is cut: it ends within what comes after packet %d, which ends at byte %d: %w", p.count, p.at, err)
}
