package scgi

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

func TestClientConversation(t *testing.T) {
	want := packet("CONTENT_LENGTH\x005\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00") + "hello"
	stream.ClientConversation(t, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST")}, want)
}

func TestClientRefuses(t *testing.T) {
	err := stream.ClientRefuses(protocol.Pairs("A", "\x00"))
	if !errors.Is(err, protocol.ErrMalformed) || !strings.HasPrefix(err.Error(), `scgi: write request: malformed: variable "A"`) {
		t.Error(err)
	}
}

func TestBodies(t *testing.T) { stream.Bodies(t) }

func TestTunnel(t *testing.T) { stream.Tunnel(t) }
