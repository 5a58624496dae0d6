package endpoint_test

import (
	"context"
	"net"
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
	{name: "http", has: protocoltest.Duplex | protocoltest.Hijack | protocoltest.CutSeen | protocoltest.Keep,
		client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
			return &gateway.HTTPClient{Dial: dial, Limits: lim, KeepForwarded: true}
		}},
}

// duplex says whether the proxy behind s is full duplex. Over HTTP it is not: net/http cannot end a
// full-duplex exchange well whose body nobody has read.
func (s side) duplex() bool { return s.protocol != nil }

// front is what s has as the front of a chain.
func (s side) front() protocoltest.Feature {
	if s.duplex() {
		return s.has
	}
	return s.has &^ protocoltest.Duplex
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

// TestChains runs the suite on every pair of protocols: the one in, the other out, a gateway.Proxy
// between.
func TestChains(t *testing.T) {
	for i, in := range sides {
		for j, out := range sides {
			has := in.front()&out.has | in.has&(protocoltest.CutSeen|protocoltest.Keep)
			if in.protocol == nil && out.protocol == nil {
				// two of net/http's servers, each of which stops reading and closes half a second
				// later
				has |= protocoltest.LosesEarly
			}
			protocoltest.Run(t, protocoltest.Pair{
				Name: in.name + "-" + out.name,
				Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
					behind := backend(tb, site)
					out.serve(tb, behind)
					site.Loop.Handler = &gateway.Proxy{Backend: protocoltest.Connect(tb, out.client, behind), Name: protocoltest.Behind, FullDuplex: in.duplex()}
					in.serve(tb, site)
					return protocoltest.Connect(tb, in.client, site)
				},
				Chain:    true,
				Networks: [][]string{{"tcp"}, {"unix"}}[(i+j)%2],
				Has:      has,
				MaxValue: max(in.maxValue, out.maxValue),
				MaxBlock: max(in.maxBlock, out.maxBlock),
			})
		}
	}
}

// TestMultiplexedChain runs the suite on HTTP in and FastCGI out, whose requests share connections.
func TestMultiplexedChain(t *testing.T) {
	in, out := sides[3], sides[0]
	protocoltest.Run(t, protocoltest.Pair{
		Name: "http-fastcgi-mux",
		Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
			behind := backend(tb, site)
			out.serve(tb, behind)
			client := func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
				return &fastcgi.Client{Dial: dial, Limits: lim, MaxIdle: 8, Multiplex: 8}
			}
			site.Loop.Handler = &gateway.Proxy{Backend: protocoltest.Connect(tb, client, behind), Name: protocoltest.Behind}
			in.serve(tb, site)
			return protocoltest.Connect(tb, in.client, site)
		},
		Chain:    true,
		Networks: []string{"tcp"},
		Has:      in.front()&out.has | in.has&(protocoltest.CutSeen|protocoltest.Keep),
	})
}

// backend is the site behind a proxy: the case's handler on a listener of its own, over TCP, where
// a cut shows.
func backend(tb testing.TB, site *protocoltest.Site) *protocoltest.Site {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	behind := &protocoltest.Site{Case: site.Case, Listener: l}
	behind.Loop = protocol.Loop{Handler: site.Loop.Handler, Limits: site.Loop.Limits, Log: site.Loop.Log}
	behind.Dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", l.Addr().String())
	}
	return behind
}
