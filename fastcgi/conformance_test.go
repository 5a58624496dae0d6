package fastcgi

import (
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

func TestConformance(t *testing.T) {
	for _, row := range []struct {
		name    string
		maxIdle int
		has     protocoltest.Feature
	}{
		{"kept", 8, protocoltest.Keep},
		{"one each", 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			protocoltest.Run(t, protocoltest.Pair{
				Protocol: Protocol{},
				Client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
					return &Client{Dial: dial, Limits: lim, MaxIdle: row.maxIdle}
				},
				Has: row.has | protocoltest.Duplex | protocoltest.Variables | protocoltest.NUL |
					protocoltest.Bytes | protocoltest.CutSeen | protocoltest.Unread,
			})
		})
	}
}
