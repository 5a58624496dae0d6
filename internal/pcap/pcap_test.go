package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func ap(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// some are segments over both versions of IP.
var some = []Segment{
	{Src: ap("127.0.0.1:4711"), Dst: ap("127.0.0.1:9000"), Seq: 1, Flags: SYN, Payload: []byte{}},
	{Src: ap("[::1]:4711"), Dst: ap("[2001:db8::1]:9000"), Seq: 0xfffffffe, Ack: 7, Flags: PSH | ACK, Payload: []byte("hello")},
	{Src: ap("10.0.0.1:1"), Dst: ap("10.0.0.2:65535"), Flags: RST | ACK, Payload: bytes.Repeat([]byte("x"), MaxPayload)},
}

func written(t testing.TB) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range some {
		if err := w.Write(time.Unix(1, int64(i)*1000), &some[i]); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// What was written is read, up to where the file is cut.
func TestRoundTrip(t *testing.T) {
	file := written(t)
	const second = fileHeader + packetHeader + ethernetHeader + ip4Header + tcpHeader
	for _, size := range []int{len(file), second, 3, fileHeader - 1, fileHeader, second + 1, second + packetHeader, len(file) - 1} {
		r, err := NewReader(bytes.NewReader(file[:size]))
		var got []Segment
		for err == nil {
			var s Segment
			var at time.Time
			if at, s, err = r.Next(); err == nil {
				if !at.Equal(time.Unix(1, int64(len(got))*1000)) {
					t.Errorf("segment %d is of %v", len(got), at)
				}
				got = append(got, s)
			}
		}
		whole := size == len(file) || size == second || size == fileHeader
		if whole != (err == io.EOF) || !whole && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %v", size, err)
		}
		for i, s := range got {
			want := some[i]
			same := bytes.Equal(s.Payload, want.Payload)
			if s.Payload, want.Payload = nil, nil; !same || !reflect.DeepEqual(s, want) {
				t.Errorf("segment %d: %+v, its payload the same: %v", i, s, same)
			}
		}
		if size == len(file) && len(got) != len(some) {
			t.Errorf("%d segments", len(got))
		}
	}
}

// A frame as tcpdump 4.99 has captured it on loopback (a SYN with options), in the form of each
// kind of link.
func TestLinks(t *testing.T) {
	ip := []byte("\x45\x00\x00\x3c\x4b\xd3\x40\x00\x40\x06\xf0\xe6\x7f\x00\x00\x01\x7f\x00\x00\x01" +
		"\xc3\x50\x23\x28\x0f\x1e\x2d\x3c\x00\x00\x00\x00\xa0\x02\xff\xd7\xfe\x30\x00\x00\x02\x04\xff\xd7\x04\x02\x08\x0a\x8f\xb2\x1d\xce\x00\x00\x00\x00\x01\x03\x03\x07")
	for link, header := range links {
		b := append(make([]byte, header), ip...)
		if s, ok := parse(link, append(b, "padding"...)); !ok || s.Dst != ap("127.0.0.1:9000") || s.Flags != SYN || len(s.Payload) > 0 || s.Cut != 0 {
			t.Errorf("link %d: %+v, %v", link, s, ok)
		}
	}
	vlan := append(append(append(make([]byte, 12), 0x81, 0, 0, 1), 8, 0), ip...)
	if s, ok := parse(linkEthernet, vlan); !ok || s.Src.Port() != 50000 {
		t.Errorf("a VLAN: %+v, %v", s, ok)
	}
	// as by tcpdump -s 58, within TCP's options
	short := append(make([]byte, ethernetHeader), ip[:44]...)
	if s, ok := parse(linkEthernet, short); !ok || s.Dst.Port() != 9000 || s.Cut != 0 || len(s.Payload) > 0 {
		t.Errorf("options that are cut: %+v, %v", s, ok)
	}
	if _, ok := parse(99, ip); ok {
		t.Error("an unknown link")
	}
}

func TestOtherFiles(t *testing.T) {
	if _, err := NewReader(strings.NewReader("hello, world")); err == nil || err.Error() != "this is no pcap file" {
		t.Error(err)
	}
}

// block appends a block of a pcapng file.
func block(dst []byte, order binary.AppendByteOrder, kind uint32, parts ...any) []byte {
	var body []byte
	for _, part := range parts {
		switch x := part.(type) {
		case int:
			body = order.AppendUint32(body, uint32(x))
		case uint16:
			body = order.AppendUint16(body, x)
		case string:
			body = append(body, x...)
		}
	}
	body = append(body, make([]byte, -len(body)&3)...)
	dst = order.AppendUint32(order.AppendUint32(dst, kind), uint32(len(body)+12))
	return order.AppendUint32(append(dst, body...), uint32(len(body)+12))
}

// ng is a pcapng file as Wireshark writes them, in a byte order.
func ng(order binary.AppendByteOrder) (file []byte) {
	frame := string(some[0].appendFrame(nil))
	file = block(nil, order, magicNG, ngOrder, uint16(1), uint16(0), -1, -1)
	file = block(file, order, blockInterface, uint16(linkEthernet), uint16(0), 0)
	file = block(file, order, blockInterface, uint16(linkEthernet), uint16(0), 0, uint16(2), uint16(2), "lo\x00\x00", uint16(9), uint16(1), "\x09\x00\x00\x00", 0)
	file = block(file, order, 4, "names that nobody reads")
	file = block(file, order, blockPacket, 0, 0, 1_000_001, len(frame), len(frame), frame)
	const seconds = 1_000_000_000
	nanoseconds := uint64(seconds)*seconds + 7
	file = block(file, order, blockPacket, 1, int(nanoseconds>>32), int(uint32(nanoseconds)), len(frame), len(frame), frame)
	return block(file, order, blockSimple, len(frame), frame)
}

func TestNG(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		file := append(ng(order), ng(binary.LittleEndian)...) // two sections
		r, err := NewReader(bytes.NewReader(file))
		var times []time.Time
		for err == nil {
			var at time.Time
			var s Segment
			if at, s, err = r.Next(); err == nil {
				times = append(times, at.UTC())
				if s.Flags != SYN || s.Dst != some[0].Dst {
					t.Errorf("%+v", s)
				}
			}
		}
		want := []time.Time{time.Unix(1, 1000).UTC(), time.Unix(1_000_000_000, 7).UTC(), {}}
		if want = append(want, want...); err != io.EOF || !reflect.DeepEqual(times, want) {
			t.Errorf("%v, %v", times, err)
		}
		for size := range len(ng(order)) { // between blocks it is an end like another
			r, err := NewReader(bytes.NewReader(file[:size]))
			for err == nil {
				_, _, err = r.Next()
			}
			if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
	}
	for text, file := range map[string][]byte{
		"a section of no byte order": block(nil, binary.LittleEndian, magicNG, 1),
		"a block of 3 bytes":         append(ng(binary.LittleEndian), 1, 0, 0, 0, 3, 0, 0, 0),
		"a packet of 16777216 bytes": append(ng(binary.LittleEndian), 6, 0, 0, 0, 0, 0, 0, 1),
		"a packet of no interface":   block(ng(binary.LittleEndian), binary.LittleEndian, blockPacket, 2, 0, 0, 0, 0),
		"of link type 99":            block(block(ng(binary.LittleEndian), binary.LittleEndian, blockInterface, uint16(99), uint16(0), 0), binary.LittleEndian, blockPacket, 2, 0, 0, 0, 0),
	} {
		r, err := NewReader(bytes.NewReader(file))
		for err == nil {
			_, _, err = r.Next()
		}
		if !strings.Contains(err.Error(), text) {
			t.Errorf("want %s, got %v", text, err)
		}
	}
}

// Whatever a file holds, reading it ends, and takes no more memory than it has bytes.
func FuzzReader(f *testing.F) {
	f.Add(written(f)[:400])
	f.Add(ng(binary.LittleEndian))
	f.Add(ng(binary.BigEndian))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		for err == nil {
			_, _, err = r.Next()
		}
	})
}
