package endpoint_test

import (
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/certtest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// TestConformanceOverTLS runs the suite on every protocol over TLS, on both sides as the gateway
// and its clients have it. With the race detector it is FastCGI alone: make test runs all without.
func TestConformanceOverTLS(t *testing.T) {
	ca := certtest.New(t)
	server, client := ca.Server(t), ca.Client()
	for i, s := range sides {
		if raced && s.name != "fastcgi" {
			continue
		}
		protocoltest.Run(t, protocoltest.Pair{
			Name: s.name,
			Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
				site.Listener = &gateway.Listener{Listener: site.Listener, TLS: server}
				site.Dial = endpoint.OverTLS(site.Dial, client)
				s.serve(tb, site)
				return protocoltest.Connect(tb, s.client, site)
			},
			Secure:   true,
			Networks: [][]string{{"tcp"}, {"unix"}}[i%2],
			Has:      s.has, MaxValue: s.maxValue, MaxBlock: s.maxBlock,
		})
	}
}
