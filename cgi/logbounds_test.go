package cgi

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
)

// As many requests as clients send are refused where too many run: their lines are bounded. In this
// test time is virtual.
func TestRefusedRequestsAreLoggedWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		c := &Client{Log: slog.New(slog.NewTextHandler(&log, nil))}
		for range ratelimit.Many + 50 {
			c.unavailable(&script{file: "/a"}, "the queue is full")
		}
		<-time.After(time.Second)
		c.unavailable(&script{file: "/a"}, "the queue is full")
		if n := strings.Count(log.String(), "too many processes"); n != ratelimit.Many+1 || !strings.Contains(log.String(), "unlogged=50") {
			t.Errorf("%d lines", n)
		}
	})
}
