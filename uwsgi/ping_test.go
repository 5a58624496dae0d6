package uwsgi

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// pongs are answers to a ping.
var pongs = []struct {
	text    string
	bytes   string
	warning string
	err     string // "" for none
}{
	{text: "all is well", bytes: "\x64\x00\x00\x01"},
	{text: "a warning", bytes: "\x64\x04\x00\x01" + "slow", warning: "slow"},
	{text: "another kind of packet", bytes: "\x00\x00\x00\x01", err: "uwsgi: ping: upstream: uwsgi: ping: malformed: the answer is of modifiers 0 (WSGI), 1"},
	{text: "the question come back", bytes: "\x64\x00\x00\x00", err: "the answer is of modifiers 100 (ping), 0"},
	{text: "HTTP", bytes: "HTTP/1.1 501 Not Implemented\r\n\r\n", err: "the answer is of modifiers 72 (HTTP), 80"},
}

func TestPing(t *testing.T) {
	for _, row := range pongs {
		b := &netiotest.Backend{Reads: 4, Says: []string{row.bytes[:1], row.bytes[1:]}}
		warning, err := (&Client{Dial: b.Dial(t)}).Ping(context.Background())
		if warning != row.warning || (err == nil) != (row.err == "") || err != nil && (!strings.Contains(err.Error(), row.err) || !errors.Is(err, protocol.ErrUpstream)) {
			t.Errorf("%s: %q, %v", row.text, warning, err)
		}
		if string(b.Heard) != "\x64\x00\x00\x00" {
			t.Errorf("%s: said %q", row.text, b.Heard)
		}
	}
}

// uWSGI that does not know a packet closes without a word, and so may one that dies.
func TestEveryStrictPrefixOfAPongFails(t *testing.T) {
	for _, row := range pongs[:2] {
		for i := range row.bytes {
			b := &netiotest.Backend{Reads: 4, Says: []string{row.bytes[:i]}}
			warning, err := (&Client{Dial: b.Dial(t)}).Ping(context.Background())
			if !errors.Is(err, protocol.ErrUpstream) || warning != "" {
				t.Errorf("%s, %d bytes: %q, %v", row.text, i, warning, err)
			}
		}
	}
}

func TestPingOurselves(t *testing.T) {
	h := protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { panic("a ping reached the handler") })
	c := &Client{Dial: stream.Dial(t, h)}
	if warning, err := c.Ping(context.Background()); warning != "" || err != nil {
		t.Errorf("%q, %v", warning, err)
	}
}

// The context ends a ping that nobody answers, and one that cannot connect.
func TestPingContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	front, server := netiotest.Unix(t)
	c := &Client{Dial: func(context.Context) (net.Conn, error) { return front, nil }}
	go func() {
		io.ReadFull(server, make([]byte, 4))
		cancel()
	}()
	if _, err := c.Ping(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c.Dial = func(ctx context.Context) (net.Conn, error) { return nil, errors.New("no such host") }
	if _, err := c.Ping(context.Background()); err == nil || err.Error() != "uwsgi: ping: upstream: no such host" {
		t.Error(err)
	}
}
