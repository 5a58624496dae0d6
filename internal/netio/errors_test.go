package netio

import (
	"context"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// A backend that closes on a large request: the error names the size that was sent.
func TestClosedOnLargeHead(t *testing.T) {
	for _, row := range []struct {
		text string
		size int
		want string
	}{
		{"small", 4096, "wire: read response head: upstream: the response ended after 0 bytes, before the end of its head: unexpected EOF"},
		{"large", 4097, "wire: read response head: upstream: the response ended after 0 bytes, before the end of its head, " +
			"the request's head was 4097 bytes: turn it up: unexpected EOF"},
	} {
		t.Run(row.text, func(t *testing.T) {
			dial := func(context.Context) (net.Conn, error) { return netiotest.NewScript(nil, nil), nil }
			x := &Stream{Exchange: Exchange{Pool: dialing(dial), Hint: "turn it up"}}
			_, err := x.RoundTrip(context.Background(), &protocol.Request{}, func(*protocol.Request) ([]byte, error) {
				return []byte(strings.Repeat("h", row.size)), nil
			})
			if err == nil || err.Error() != row.want {
				t.Error(err)
			}
		})
	}
}

func TestUnanswered(t *testing.T) {
	want := "read response head: upstream: the request's head was 9000 bytes: " + syscall.ECONNRESET.Error()
	if err := explainLargeHead(syscall.ECONNRESET, 9000, ""); err.Error() != want {
		t.Error(err)
	}
	if err := explainLargeHead(io.ErrClosedPipe, 9000, ""); err != io.ErrClosedPipe {
		t.Error(err)
	}
}
