package scgi_test

import (
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
	"github.com/postern-gateway/postern/scgi"
)

// pair is SCGI's server and client, for the suite that every protocol passes.
var pair = protocoltest.Pair{
	Protocol: scgi.Protocol{},
	Client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
		return &scgi.Client{Dial: dial, Limits: lim}
	},
	Has: protocoltest.Variables | protocoltest.Bytes | protocoltest.Duplex | protocoltest.Hijack | protocoltest.Unread |
		protocoltest.CutSeen,
}

func TestConformance(t *testing.T) { protocoltest.Run(t, pair) }
