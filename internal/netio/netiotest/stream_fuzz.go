package netiotest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// FuzzNext tests that a connection is answered in the same way however its bytes are cut. The seeds
// are the requests in testdata and those that seed adds.
func (x *Stream) FuzzNext(f *testing.F, seed func(f *testing.F, add func(b []byte))) {
	for _, b := range Recordings(f) {
		f.Add(b, []byte{100, 7})
	}
	seed(f, func(b []byte) {
		f.Add(b, []byte{0, 3, 1})
		f.Add(append(b, "some body, and more"...), []byte{20})
	})
	lim := &protocol.Limits{ParamBytes: 1 << 10, ParamCount: 64, Body: 1 << 20}
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		whole, log := Play(x.Protocol, lim, Report, b, nil)
		pieces, log2 := Play(x.Protocol, lim, Report, b, cuts)
		if !bytes.Equal(whole, pieces) {
			t.Fatalf("whole: %q %s\npieces: %q %s", whole, log, pieces, log2)
		}
	})
}

// FuzzResponse tests that the client comes to the same end whatever a backend answers and however
// that is cut.
func (x *Stream) FuzzResponse(f *testing.F) {
	for _, s := range []string{
		x.StatusPrefix + " 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 404 Not Found\n\nno", "Location: /x\r\n\r\n", "Status: 101 X\r\n\r\n\x81",
		"Status: 103 Early\r\nLink: x\r\n\r\nStatus: 200 OK\r\nX: y\r\n\r\n", "Content-Type: a/b\r\nContent-Length: 9\r\n\r\nshort",
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "Status: 200\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
	} {
		f.Add([]byte(s), []byte{0, 7, 2})
	}
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		if whole, pieces := x.received(b, nil), x.received(b, cuts); whole != pieces {
			t.Fatalf("whole: %s\npieces: %s", whole, pieces)
		}
	})
}

// received is what the client makes of a response.
func (x *Stream) received(b, cuts []byte) string {
	dial := func(context.Context) (net.Conn, error) { return NewScript(b, cuts), nil }
	res, err := x.Client(dial, &protocol.Limits{ResponseHead: 1 << 10}).RoundTrip(context.Background(), new(protocol.Request))
	if err != nil {
		return "an error"
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return fmt.Sprintf("%d %v %q %v", res.Status, res.Header, body, err)
}
