package floodtest

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// The types of HTTP/2's frames, and their flags.
const (
	frameData         = 0
	frameHeaders      = 1
	framePriority     = 2
	frameReset        = 3
	frameSettings     = 4
	framePing         = 6
	frameWindow       = 8
	frameContinuation = 9

	endStream  = 1
	endHeaders = 4
)

// frame is one frame of HTTP/2.
func frame(typ, flags byte, stream int, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(typ))
	b = append(b, flags)
	b = binary.BigEndian.AppendUint32(b, uint32(stream))
	return append(b, payload...)
}

// literal is a field as HPACK has it that is neither in a table nor to be put into one.
func literal(name, value string) []byte {
	b := append([]byte{0}, hpackLength(len(name))...)
	b = append(append(b, name...), hpackLength(len(value))...)
	return append(b, value...)
}

func hpackLength(n int) []byte {
	if n < 127 {
		return []byte{byte(n)}
	}
	return binary.AppendUvarint([]byte{127}, uint64(n-127))
}

// block is the fields of a request for path, and n bytes more of them.
func block(method, path string, n int) []byte {
	b := join(literal(":method", method), literal(":scheme", "http"), literal(":authority", "a"), literal(":path", path))
	for i := 0; n > 0; i++ {
		m := min(n, 8000)
		b = append(b, literal("x-"+strconv.Itoa(i), strings.Repeat("x", m))...)
		n -= m
	}
	return b
}

// opened is a request as stream, with n bytes of fields more, that ends there or not.
func opened(stream int, method, path string, n int, flags byte) []byte {
	fields := block(method, path, n)
	first := fields[:min(len(fields), 16<<10)]
	if fields = fields[len(first):]; len(fields) == 0 {
		return frame(frameHeaders, flags|endHeaders, stream, first)
	}
	b := frame(frameHeaders, flags, stream, first)
	for len(fields) > 0 {
		m := min(len(fields), 16<<10)
		end := byte(0)
		if m == len(fields) {
			end = endHeaders
		}
		b = append(b, frame(frameContinuation, end, stream, fields[:m])...)
		fields = fields[m:]
	}
	return b
}

// web2 are the floods of HTTP/2.
func web2() []Kind {
	settings := func(window int) []byte {
		return append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(frameSettings, 0, 0, binary.BigEndian.AppendUint32([]byte{0, 4}, uint32(window)))...)
	}
	begun, mute := settings(1<<20), settings(0)
	streams := func(n int, of func(stream int) []byte) []byte {
		return each(n, func(id int) []byte { return of(2*id - 1) })
	}
	many := func(one []byte) []byte { return each(1000, func(int) []byte { return one }) }
	unread := func(stream int) []byte {
		return append(opened(stream, "POST", "/stuck", 0, 0), frame(frameData, 0, stream, make([]byte, 1000))...)
	}
	return of("http2", []Kind{
		{Name: "heads of 150,000 bytes, 128 streams", Reads: true,
			First: append(begun, streams(128, func(id int) []byte { return opened(id, "GET", "/stuck", 150_000, endStream) })...)},
		{Name: "half a head of 150,000 bytes", First: append(begun, opened(1, "GET", "/stuck", 150_000, endStream)[:140_000]...)},
		{Name: "half a head, no end", First: append(begun, frame(frameHeaders, 0, 1, block("GET", "/", 0))...),
			Again: many(frame(frameContinuation, 0, 1, nil))},
		{Name: "handlers slow, 128 streams", Reads: true,
			First: append(begun, streams(128, func(id int) []byte { return opened(id, "GET", "/stuck", 0, endStream) })...)},
		{Name: "bodies unread, 128 streams", Reads: true, First: append(begun, streams(128, unread)...)},
		{Name: "answers unread, 100 streams",
			First: append(mute, streams(100, func(id int) []byte { return opened(id, "GET", "/large", 0, endStream) })...)},
		{Name: "requests beyond the limit", Reads: true, First: begun,
			Again: streams(20_000, func(id int) []byte { return opened(id, "GET", "/stuck", 0, endStream) })},
		{Name: "pings", First: begun, Again: many(frame(framePing, 0, 0, make([]byte, 8)))},
		{Name: "pings, taken", First: begun, Again: many(frame(framePing, 0, 0, make([]byte, 8))), Reads: true},
		{Name: "SETTINGS, taken", First: begun, Again: many(frame(frameSettings, 0, 0, nil)), Reads: true},
		{Name: "WINDOW_UPDATE", First: begun, Again: many(frame(frameWindow, 0, 0, []byte{0, 0, 0, 0})), Reads: true},
		{Name: "WINDOW_UPDATE of a stream", First: append(begun, opened(1, "GET", "/stuck", 0, endStream)...),
			Again: many(frame(frameWindow, 0, 1, []byte{0, 0, 0, 1})), Reads: true},
		{Name: "PRIORITY", First: begun, Again: many(frame(framePriority, 0, 1, []byte{0, 0, 0, 3, 0})), Reads: true},
		{Name: "frames of an unknown type", First: begun, Again: many(frame(99, 0, 0, nil)), Reads: true},
		{Name: "data without content", First: append(begun, opened(1, "POST", "/stuck", 0, 0)...),
			Again: many(frame(frameData, 0, 1, nil)), Reads: true},
		{Name: "data of a byte, read", First: append(begun, opened(1, "POST", "/read", 0, 0)...),
			Again: many(frame(frameData, 0, 1, []byte{0})), Reads: true},
		{Name: "requests taken back", First: begun, Reads: true, Again: streams(20_000, func(id int) []byte {
			return append(opened(id, "GET", "/stuck", 0, endStream), frame(frameReset, 0, id, []byte{0, 0, 0, 8})...)
		})},
	})
}
