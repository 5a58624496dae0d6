package scgi

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

func seed(f *testing.F, add func(b []byte)) {
	for _, row := range golden {
		add([]byte(row.bytes))
	}
	for _, row := range bad {
		add([]byte(row.bytes))
	}
}

// A length that is read is the one that is written.
func FuzzConsumeLength(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		length, n, err := consumeLength(b)
		if n > 0 && (err != nil || fmt.Sprintf("%d:", length) != string(b[:n])) {
			t.Fatalf("%d, %d, %v", length, n, err)
		}
	})
}

// A block that is read is the one that is written.
func FuzzConsumeBlock(f *testing.F) {
	seed(f, func(b []byte) {
		if _, n, _ := consumeLength(b); n > 0 {
			f.Add(b[n : len(b)-1])
		}
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, length, err := consumeBlock(b, 100)
		if err != nil {
			return
		}
		var again []byte
		for name, value := range p.All() {
			again = appendPair(again, name, value)
		}
		if !bytes.Equal(again, b) || len(p) > 100 || length < 0 {
			t.Fatalf("%q is not %q, length %d", again, b, length)
		}
	})
}

// A head that is read is written in the same way, once its order is ours; no strict prefix of it is
// read.
func FuzzConsumeRequest(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		p, length, n, err := consumeRequest(b, 100)
		if err != nil || n == 0 {
			return
		}
		if _, _, m, err := consumeRequest(b[:n-1], 100); m != 0 || err != nil {
			t.Fatalf("prefix: %d, %v", m, err)
		}
		again, err := appendRequest(nil, p, length)
		if err != nil {
			t.Fatal(err)
		}
		if _, l, m, err := consumeRequest(again, 200); err != nil || m != len(again) || l != length {
			t.Fatalf("again: %d of %d bytes, length %d, %v", m, len(again), l, err)
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
		"Status: 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 404 Not Found\n\nno", "Location: /x\r\n\r\n", "Status: 101 X\r\n\r\n\x81",
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
