package uwsgi

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

func TestClientConversation(t *testing.T) {
	want := "\x0e\x29\x00\x03" + "\x0e\x00REQUEST_METHOD\x04\x00POST" + "\x0e\x00CONTENT_LENGTH\x01\x005" + "hello"
	stream.ClientConversation(t, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST"), Modifier1: 14, Modifier2: 3}, want)
}

func TestClientRefuses(t *testing.T) {
	err := stream.ClientRefuses(protocol.Pairs("A", strings.Repeat("v", 70000)))
	if !errors.Is(err, protocol.ErrTooLarge) || err.Error() != "uwsgi: write request: too large: 70000 > 65535 bytes in one variable" {
		t.Error(err)
	}
}

func TestBodies(t *testing.T) { stream.Bodies(t) }

func TestTunnel(t *testing.T) { stream.Tunnel(t) }

// uWSGI closes, without a word, on a packet beyond its buffer-size.
func TestClosedOnLargePacket(t *testing.T) {
	for _, row := range []struct {
		pad  int
		want string
	}{
		{4000, "uwsgi: read response head: upstream: the response ended after 0 bytes, before the end of its head: unexpected EOF"},
		{9000, "the request's head was 9009 bytes: uWSGI takes 4096 bytes unless its buffer-size says more: unexpected EOF"},
	} {
		dial := func(context.Context) (net.Conn, error) { return netiotest.NewScript(nil, nil), nil }
		r := &protocol.Request{Params: protocol.Pairs("A", strings.Repeat("v", row.pad))}
		_, err := (&Client{Dial: dial}).RoundTrip(context.Background(), r)
		if err == nil || !strings.HasSuffix(err.Error(), row.want) {
			t.Errorf("%d: %v", row.pad, err)
		}
	}
}
