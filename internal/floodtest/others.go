package floodtest

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// netstring is the head of an SCGI request for path, with a body of n bytes to come.
func netstring(path string, n int) []byte {
	text := "CONTENT_LENGTH\x00" + strconv.Itoa(n) + "\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00" + path + "\x00"
	return []byte(strconv.Itoa(len(text)) + ":" + text + ",")
}

func scgi() []Kind {
	return of("scgi", []Kind{
		{Name: "variables of 199,000 bytes, half", First: append([]byte("199000:"), make([]byte, 198_000)...)},
		{Name: "variables of 199,000 bytes, slowly", First: []byte("199000:"), Again: make([]byte, 1000), Slow: true},
		{Name: "a length without end", Again: []byte(strings.Repeat("1", 1000))},
		{Name: "a body unread", First: netstring("/stuck", 1<<30), Again: make([]byte, 60_000)},
		{Name: "a body unread, the answer begun", First: netstring("/large", 1<<30), Again: make([]byte, 60_000)},
		{Name: "an answer unread", First: netstring("/copy", 0)},
		{Name: "a body of a byte at a time", First: netstring("/read", 1<<30), Again: []byte{0}},
		{Name: "connections one after another", First: []byte("x")},
	})
}

// packet is a uwsgi request for path.
func packet(path string, n int) []byte {
	var vars []byte
	for _, s := range []string{"REQUEST_METHOD", "POST", "REQUEST_URI", path, "CONTENT_LENGTH", strconv.Itoa(n)} {
		vars = binary.LittleEndian.AppendUint16(vars, uint16(len(s)))
		vars = append(vars, s...)
	}
	return append([]byte{0, byte(len(vars)), byte(len(vars) >> 8), 0}, vars...)
}

func uwsgi() []Kind {
	return of("uwsgi", []Kind{
		{Name: "a packet of 65,535 bytes, half", First: append([]byte{0, 255, 255, 0}, make([]byte, 32_000)...)},
		{Name: "a packet of 65,535 bytes, slowly", First: []byte{0, 255, 255, 0}, Again: make([]byte, 500), Slow: true},
		{Name: "a body unread", First: packet("/stuck", 1<<30), Again: make([]byte, 60_000)},
		{Name: "an answer unread", First: packet("/copy", 0)},
		{Name: "pings", First: []byte{100, 0, 0, 0}, Reads: true},
		{Name: "modifiers that are none", Again: []byte{77, 0, 0, 0}},
	})
}

// fields are n header fields.
func fields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("X-" + strconv.Itoa(i) + ": y\r\n")
	}
	return b.String()
}

func web() []Kind {
	post := func(path string, fields string) []byte {
		return []byte("POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
	}
	return of("http", []Kind{
		{Name: "half a head of 150,000 bytes", First: []byte("GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 150_000))},
		{Name: "half a head, slowly", First: []byte("GET / HTTP/1.1\r\nHost: a\r\n"), Again: []byte("X: y\r\n"), Slow: true},
		{Name: "half a head of 40,000 fields", First: []byte("GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a:\r\n", 40_000))},
		{Name: "half a head of other 15,000 fields", First: post("/", fields(15_000))[:150_000]},
		{Name: "half a head of fields of 95,000 bytes", First: []byte("GET / HTTP/1.1\r\nHost: a" + strings.Repeat("\r\nX: "+strings.Repeat("x", 95_000), 2))},
		{Name: "half a request line", First: []byte("GET /" + strings.Repeat("x", 97_000))},
		{Name: "1,000 fields", Again: post("/", fields(1000)), Reads: true},
		{Name: "2,000 fields", Again: post("/", fields(2000)), Reads: true},
		{Name: "a body unread", First: post("/stuck", "Content-Length: 1000000000\r\n"), Again: make([]byte, 60_000)},
		{Name: "a body, slowly", First: post("/read", "Content-Length: 1000000000\r\n"), Again: make([]byte, 100), Slow: true},
		{Name: "a body of a byte at a time", First: post("/read", "Content-Length: 1000000000\r\n"), Again: []byte{0}},
		{Name: "a body after an answer", First: post("/", "Content-Length: 1000000000\r\n"), Again: make([]byte, 60_000), Reads: true},
		{Name: "half a head, then another connection", First: []byte("GET / HTTP/1.1\r\nX: y\r\n\r\n"), Reads: true},
		{Name: "chunks of a byte", First: post("/read", "Transfer-Encoding: chunked\r\n"), Again: []byte(strings.Repeat("1\r\nx\r\n", 1000))},
		{Name: "an answer unread", First: []byte("GET /copy HTTP/1.1\r\nHost: a\r\n\r\n")},
		{Name: "answers unread, no end", Again: []byte(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1000))},
		{Name: "no HTTP", Again: []byte("\x00\x01\x02\r\n\r\n")},
	})
}
