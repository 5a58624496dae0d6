package endpoint_test

import (
	"context"
	"net"
	"slices"
	"testing"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// cgiSide is CGI: in front our program is the script, behind we are its host. It has no client that
// dials.
var cgiSide = side{name: "cgi", has: raw}

// TestChains runs the suite on every pair of protocols: the one in, the other out, a gateway.Proxy
// between: 25 of them. With the race detector, which takes three times as long, four of them have
// each side that is no process of its own once.
func TestChains(t *testing.T) {
	raceToo := []string{"fastcgi-scgi", "scgi-uwsgi", "uwsgi-http", "http-fastcgi"}
	script := protocoltest.Build(t, "github.com/postern-gateway/postern/internal/casescript")
	all := append([]side{cgiSide}, sides...)
	var table pairTable
	for i, in := range all {
		for j, out := range all {
			c := chain{in: in, out: out, script: script}
			p := c.pair([]string{"tcp", "unix"}[(i+j)%2])
			if raced && !slices.Contains(raceToo, p.Name) {
				continue
			}
			p.Ran = table.cell(in.name, out.name).count
			protocoltest.Run(t, p)
		}
	}
	if !raced {
		table.print(t)
	}
}

// A chain is one protocol in and another out.
type chain struct {
	in, out side
	script  string // internal/casescript
}

func (c chain) pair(network string) protocoltest.Pair {
	p := protocoltest.Pair{
		Name:      c.in.name + "-" + c.out.name,
		Start:     c.start,
		Chain:     true,
		Processes: c.in.isCGI(),
		Scripts:   c.out.isCGI(),
		Networks:  []string{network},
		Has:       c.in.front()&c.out.has | c.in.has&(protocoltest.CutSeen|protocoltest.Keep),
		MaxValue:  max(c.in.maxValue, c.out.maxValue),
		MaxBlock:  max(c.in.maxBlock, c.out.maxBlock),
	}
	if c.in.name == "http" && c.out.name == "http" {
		// two of net/http's servers, each of which stops reading and closes half a second later
		p.Has |= protocoltest.LosesEarly
	}
	return p
}

func (s side) isCGI() bool { return s.name == "cgi" }

// duplex says whether the proxy behind s is full duplex. Over HTTP it is not: net/http cannot end a
// full-duplex exchange well whose body nobody has read.
func (s side) duplex() bool { return s.name != "http" }

// front is what s has as the front of a chain.
func (s side) front() protocoltest.Feature {
	if s.duplex() {
		return s.has
	}
	return s.has &^ protocoltest.Duplex
}

// start starts both sides, and returns the front's client.
func (c chain) start(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
	behind := backend(tb, site)
	if c.in.isCGI() {
		to := "cgi:" + c.script + "?pass-authorization&env=CASE_BEHIND=1"
		if !c.out.isCGI() {
			c.out.serve(tb, behind)
			to = c.out.name + "://" + behind.Listener.Addr().String()
		}
		return c.host(tb, site, "CASE_BACKEND="+to)
	}
	proxy := &gateway.Proxy{Name: protocoltest.Behind, FullDuplex: c.in.duplex()}
	if c.out.isCGI() {
		proxy.Backend = c.host(tb, behind, "CASE_BEHIND=1")
	} else {
		c.out.serve(tb, behind)
		proxy.Backend = protocoltest.Connect(tb, c.out.client, behind)
	}
	site.Loop.Handler = proxy
	c.in.serve(tb, site)
	return protocoltest.Connect(tb, c.in.client, site)
}

// host is a client that runs the script.
func (c chain) host(tb testing.TB, site *protocoltest.Site, env ...string) *cgi.Client {
	client := &cgi.Client{Path: c.script, Env: env, PassAuthorization: true, Limits: site.Limits, Log: site.Loop.Log}
	tb.Cleanup(func() { client.Close() })
	return client
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

// TestMultiplexedChain runs the suite on HTTP in and FastCGI out, whose requests share connections.
func TestMultiplexedChain(t *testing.T) {
	in, out := sides[3], sides[0]
	p := chain{in: in, out: out}.pair("tcp")
	p.Name = "http-fastcgi-mux"
	p.Start = func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
		behind := backend(tb, site)
		out.serve(tb, behind)
		client := func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
			return &fastcgi.Client{Dial: dial, Limits: lim, MaxIdle: 8, Multiplex: 8}
		}
		site.Loop.Handler = &gateway.Proxy{Backend: protocoltest.Connect(tb, client, behind), Name: protocoltest.Behind}
		in.serve(tb, site)
		return protocoltest.Connect(tb, in.client, site)
	}
	protocoltest.Run(t, p)
}
