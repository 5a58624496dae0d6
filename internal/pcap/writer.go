// Package pcap writes and reads files of captured packets, as tcpdump and Wireshark have them, and
// the TCP segments in them.
package pcap

import (
	"encoding/binary"
	"io"
	"time"
)

// The magic numbers that a file begins with: times in microseconds or nanoseconds, and pcapng.
const (
	magicMicro = 0xa1b2c3d4
	magicNano  = 0xa1b23c4d
	magicNG    = 0x0a0d0d0a
)

const (
	fileHeader   = 24
	packetHeader = 16
	maxPacket    = 256 << 10 // what tcpdump takes
)

// A Writer writes a file of Ethernet frames.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter writes the file's header to w.
func NewWriter(w io.Writer) (*Writer, error) {
	b := binary.LittleEndian.AppendUint32(nil, magicMicro)
	b = binary.LittleEndian.AppendUint16(b, 2) // version 2.4
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...) // time zone and accuracy, which nobody uses
	b = binary.LittleEndian.AppendUint32(b, maxPacket)
	b = binary.LittleEndian.AppendUint32(b, linkEthernet)
	_, err := w.Write(b)
	return &Writer{w: w}, err
}

// Write writes a segment as a packet that was captured at t, by one Write.
func (w *Writer) Write(t time.Time, s *Segment) error {
	w.buf = binary.LittleEndian.AppendUint32(w.buf[:0], uint32(t.Unix()))
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(t.Nanosecond()/1000))
	w.buf = append(w.buf, make([]byte, 8)...)
	w.buf = s.appendFrame(w.buf)
	n := uint32(len(w.buf) - packetHeader)
	binary.LittleEndian.PutUint32(w.buf[8:], n)
	binary.LittleEndian.PutUint32(w.buf[12:], n)
	_, err := w.w.Write(w.buf)
	return err
}
