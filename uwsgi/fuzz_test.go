package uwsgi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

func seed(f *testing.F, add func(packet []byte)) {
	for _, row := range golden {
		if len(row.bytes) < 1000 {
			add([]byte(row.bytes))
		}
	}
	for _, row := range bad {
		add(append(appendHeader(nil, header{size: len(row.block)}), row.block...))
	}
	for _, row := range pongs {
		add([]byte(row.bytes))
	}
}

// A packet that is read is the one that is written; no strict prefix of it is read.
func FuzzConsumePacket(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		h, block, n := consumePacket(b)
		if n == 0 {
			return
		}
		if again := append(appendHeader(nil, h), block...); !bytes.Equal(again, b[:n]) {
			t.Fatalf("%q is not %q", again, b[:n])
		}
		if _, _, m := consumePacket(b[:n-1]); m != 0 {
			t.Fatalf("a prefix of %d of %d bytes", m, n)
		}
	})
}

// A block that is read is the one that is written.
func FuzzConsumeBlock(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b[4:]) })
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := consumeBlock(b, 100)
		if err != nil {
			return
		}
		var again []byte
		for name, value := range p.All() {
			again = appendString(appendString(again, name), value)
		}
		if !bytes.Equal(again, b) || len(p) == 0 || len(p) > 100 {
			t.Fatalf("%q is not %q", again, b)
		}
	})
}

// What answers a ping is a packet; no strict prefix of it is an answer.
func FuzzConsumePong(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		warning, n, err := consumePong(b)
		if n == 0 || err != nil {
			return
		}
		if again := append(appendHeader(nil, header{modifier1: kindPing, size: len(warning), modifier2: 1}), warning...); !bytes.Equal(again, b[:n]) {
			t.Fatalf("%q is not %q", again, b[:n])
		}
		if _, m, _ := consumePong(b[:n-1]); m != 0 {
			t.Fatalf("a prefix of %d of %d bytes", m, n)
		}
	})
}

// A connection is answered in the same way however its bytes are cut.
func FuzzNext(f *testing.F) {
	for _, b := range recorded(f) {
		f.Add(b, []byte{100, 7})
	}
	seed(f, func(b []byte) {
		f.Add(b, []byte{0, 3, 1})
		f.Add(append(b, "some body, and more"...), []byte{20})
	})
	lim := &protocol.Limits{ParamBytes: 1 << 10, ParamCount: 64, Body: 1 << 20}
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		whole, log := netiotest.Play(Protocol{}, lim, netiotest.Report, b, nil)
		pieces, log2 := netiotest.Play(Protocol{}, lim, netiotest.Report, b, cuts)
		if !bytes.Equal(whole, pieces) {
			t.Fatalf("whole: %q %s\npieces: %q %s", whole, log, pieces, log2)
		}
	})
}

// Whatever a backend answers, the client comes to the same end, however it is cut.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 404 Not Found\n\nno", "Location: /x\r\n\r\n", "Status: 101 X\r\n\r\n\x81",
		"Status: 103 Early\r\nLink: x\r\n\r\nStatus: 200 OK\r\nX: y\r\n\r\n", "Content-Type: a/b\r\nContent-Length: 9\r\n\r\nshort",
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "Status: 200\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
	} {
		f.Add([]byte(s), []byte{0, 7, 2})
	}
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		if whole, pieces := answerOf(b, nil), answerOf(b, cuts); whole != pieces {
			t.Fatalf("whole: %s\npieces: %s", whole, pieces)
		}
	})
}

// answerOf is what the client makes of an answer.
func answerOf(b, cuts []byte) string {
	c := &Client{
		Dial:   func(context.Context) (net.Conn, error) { return netiotest.NewScript(b, cuts), nil },
		Limits: &protocol.Limits{ResponseHead: 1 << 10},
	}
	res, err := c.RoundTrip(context.Background(), new(protocol.Request))
	if err != nil {
		return "an error"
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return fmt.Sprintf("%d %v %q %v", res.Status, res.Header, body, err)
}
