package endpoint_test

import (
	"testing"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// A side is one protocol in a chain.
type side struct {
	name     string
	protocol protocol.Protocol // nil: HTTP
	client   func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper
	has      protocoltest.Feature
	maxValue int
	maxBlock int
}

const raw = protocoltest.Variables | protocoltest.Bytes | protocoltest.Duplex | protocoltest.Unread | protocoltest.CutSeen

// sides are the protocols of connections. CGI's side is cgiSide.
var sides = []side{
	{name: "fastcgi", protocol: fastcgi.Protocol{}, has: raw | protocoltest.NUL | protocoltest.Keep,
		client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
			return &fastcgi.Client{Dial: dial, Limits: lim, MaxIdle: 8}
		}},
	{name: "scgi", protocol: scgi.Protocol{}, has: raw | protocoltest.Hijack,
		client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
			return &scgi.Client{Dial: dial, Limits: lim}
		}},
	{name: "uwsgi", protocol: uwsgi.Protocol{}, has: raw | protocoltest.NUL | protocoltest.Hijack, maxValue: 64000, maxBlock: 65535,
		client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
			return &uwsgi.Client{Dial: dial, Limits: lim}
		}},
	{name: "http", has: protocoltest.Duplex | protocoltest.Hijack | protocoltest.CutSeen | protocoltest.Keep | protocoltest.Unread,
		client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
			return &gateway.HTTPClient{Dial: dial, Limits: lim, KeepForwarded: true}
		}},
}

// serve serves site's loop by s, on a gateway.Server, until the test ends.
func (s side) serve(tb testing.TB, site *protocoltest.Site) {
	server := &gateway.Server{Handler: site.Loop.Handler, Limits: site.Loop.Limits, Log: site.Loop.Log, Observe: site.Loop.Observe}
	ended := make(chan error, 1)
	go func() {
		if s.protocol == nil {
			ended <- server.ServeHTTP(site.Listener)
			return
		}
		ended <- server.Serve(site.Listener, s.protocol)
	}()
	tb.Cleanup(func() {
		server.Close()
		<-ended
	})
}

// TestConformance runs the suite on every protocol as the gateway serves it.
func TestConformance(t *testing.T) {
	for _, s := range sides {
		protocoltest.Run(t, protocoltest.Pair{
			Name: s.name,
			Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
				s.serve(tb, site)
				return protocoltest.Connect(tb, s.client, site)
			},
			Has: s.has, MaxValue: s.maxValue, MaxBlock: s.maxBlock,
		})
	}
}
