package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Reader reads a file, pcap or pcapng.
type Reader struct {
	r     *bufio.Reader
	next  func(*Reader) (t time.Time, link uint32, b []byte, err error) // packet
	order binary.ByteOrder
	count int   // packets
	at    int64 // bytes of whole packets, and what is between them
	buf   []byte

	// of pcap
	unit time.Duration // of a packet's time
	link uint32

	ports []ngInterface // of pcapng
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
	p := &Reader{r: bufio.NewReaderSize(r, 64<<10), next: (*Reader).nextPacket}
	first, err := p.r.Peek(4)
	if err != nil {
		return nil, p.cut(err)
	}
	if binary.BigEndian.Uint32(first) == magicNG {
		p.next = (*Reader).nextBlock
		return p, nil
	}
	if p.order, p.unit = orderOf(first); p.unit == 0 {
		return nil, errors.New("this is no pcap file")
	}
	head, err := p.read(fileHeader)
	if err != nil {
		return nil, p.cut(err)
	}
	p.at = fileHeader
	p.link = p.order.Uint32(head[20:]) & 0x0fffffff // above it is what a frame's end has
	return p, knownLink(p.link)
}

func knownLink(link uint32) error {
	if _, known := links[link]; !known {
		return fmt.Errorf("its packets are of link type %d: Ethernet, loopback, raw IP and Linux's any are known", link)
	}
	return nil
}

// Next returns the next TCP segment and its time. Its payload is valid until the call after it. It
// returns io.EOF at the end, and an io.ErrUnexpectedEOF in the middle of a packet.
func (p *Reader) Next() (time.Time, Segment, error) {
	for {
		t, link, b, err := p.next(p)
		if err != nil {
			return t, Segment{}, err
		}
		p.count++
		if s, ok := parse(link, b); ok {
			return t, s, nil
		}
	}
}

// nextPacket reads a packet of a pcap file.
func (p *Reader) nextPacket() (t time.Time, link uint32, b []byte, err error) {
	head, err := p.read(packetHeader)
	if err == io.EOF {
		return t, 0, nil, io.EOF
	}
	if err != nil {
		return t, 0, nil, p.cut(err)
	}
	t = time.Unix(int64(p.order.Uint32(head)), int64(p.order.Uint32(head[4:]))*int64(p.unit))
	size := p.order.Uint32(head[8:])
	if size > maxPacket {
		return t, 0, nil, p.damaged(fmt.Sprintf("a packet of %d bytes", size))
	}
	if b, err = p.read(int(size)); err != nil {
		return t, 0, nil, p.cut(err)
	}
	p.at += packetHeader + int64(size)
	return t, p.link, b, nil
}

// read reads n bytes, which are valid until the next call.
func (p *Reader) read(n int) ([]byte, error) {
	if cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	_, err := io.ReadFull(p.r, p.buf[:n])
	return p.buf[:n], err
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

func (p *Reader) damaged(why string) error {
	return fmt.Errorf("the file is damaged: after packet %d, at byte %d, comes %s", p.count, p.at, why)
}
