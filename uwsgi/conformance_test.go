package uwsgi_test

import (
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
	"github.com/postern-gateway/postern/uwsgi"
)

// pair is uwsgi's server and client, for the suite that every protocol passes.
var pair = protocoltest.Pair{
	Protocol: uwsgi.Protocol{},
	Client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
		return &uwsgi.Client{Dial: dial, Limits: lim}
	},
	Has: protocoltest.Variables | protocoltest.NUL | protocoltest.Bytes |
		protocoltest.Duplex | protocoltest.Hijack | protocoltest.Unread | protocoltest.CutSeen,
	MaxValue: 64000, // all variables and their sizes together are 65,535 bytes at most
	MaxBlock: 65535,
}

func TestConformance(t *testing.T) { protocoltest.Run(t, pair) }
