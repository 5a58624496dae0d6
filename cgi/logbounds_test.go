package cgi

import (
	"log/slog"
	"testing"

	"github.com/postern-gateway/postern/internal/ratelimit/ratelimittest"
)

// As many requests as clients send are refused where too many run.
func TestRefusedRequestsAreLoggedWithinBounds(t *testing.T) {
	ratelimittest.Check(t, "too many processes", func(_ *testing.T, log *slog.Logger) func() {
		c := &Client{Log: log}
		return func() { c.unavailable(&script{file: "/a"}, "the queue is full") }
	})
}
