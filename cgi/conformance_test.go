package cgi

import (
	"os"
	"slices"
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// TestConformance runs the suite that every protocol passes. Each of its requests is served by
// internal/casescript. Where more than one goroutine of the script takes part, this test binary is
// the script: with the race detector, if the test has it.
func TestConformance(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range concurrentCases {
		if !slices.Contains(protocoltest.Names(), name) {
			t.Errorf("no case is called %s", name)
		}
	}
	script := protocoltest.Build(t, "github.com/postern-gateway/postern/internal/casescript")
	protocoltest.Run(t, protocoltest.Pair{
		Name:      name,
		Processes: true,
		Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
			c := &Client{Path: script, PassAuthorization: true, Limits: site.Limits, Log: site.Loop.Log}
			if slices.Contains(concurrentCases, site.Case) {
				c.Path, c.Env = self, []string{"CGI_TEST_PROGRAM=conformance", "GORACE=atexit_sleep_ms=0"}
			}
			tb.Cleanup(func() { c.Close() })
			return c
		},
		Has: protocoltest.Variables | protocoltest.Bytes | protocoltest.Duplex | protocoltest.CutSeen,
	})
}

// concurrentCases are those in whose scripts another goroutine reads, writes, watches or waits
// beside the handler's, or after it.
var concurrentCases = []string{
	"variables-kept", "body-closed", "answer-before-body", "bulk-up", "bulk-both-ways", "bulk-duplex", "flush-each-line",
	"full-duplex", "full-duplex-one-way-front", "response-controller", "read-deadline", "time-out-handler",
	"error-after-output", "panic-after-output", "observe-copies", "observe-gone", "context-served", "context-alive",
	"client-cancels-before-head", "client-cancels-in-body", "client-deadline", "vanish", "vanish-streaming",
	"vanish-unread", "vanish-in-body", "vanish-in-answer", "late-writes", "late-read", "late-header", "sixteen-together",
}

// conform serves one request of the suite.
func conform() {
	name := os.Getenv("HTTP_X_CASE")
	h, lim := protocoltest.Handler(name)
	if err := (&Program{Limits: lim, Observe: protocoltest.Observe(name)}).Serve(h); err != nil {
		os.Exit(1)
	}
}
