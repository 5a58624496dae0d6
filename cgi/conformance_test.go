package cgi

import (
	"os"
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// TestConformance runs the suite that every protocol passes: each of its requests is served by this
// test binary, run again as a script.
func TestConformance(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	protocoltest.Run(t, protocoltest.Pair{
		Name:      name,
		Processes: true,
		Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
			c := &Client{Path: self, Env: []string{"CGI_TEST_PROGRAM=conformance", "GORACE=atexit_sleep_ms=0"}, PassAuthorization: true, Limits: site.Limits, Log: site.Loop.Log}
			tb.Cleanup(func() { c.Close() })
			return c
		},
		Has: protocoltest.Variables | protocoltest.Bytes | protocoltest.Duplex | protocoltest.CutSeen,
	})
}

// conform serves one request of the suite.
func conform() {
	name := os.Getenv("HTTP_X_CASE")
	h, lim := protocoltest.Handler(name)
	if err := (&Program{Limits: lim, Observe: protocoltest.Observe(name)}).Serve(h); err != nil {
		os.Exit(1)
	}
}
